<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
use function Nuage\Theme\card_pages;

defined('ABSPATH') || exit;
get_header();
$notices_page = (int) get_option('page_for_posts');
$notices = new WP_Query(['posts_per_page' => 4, 'ignore_sticky_posts' => false, 'no_found_rows' => true]);
$cards = card_pages();
?>
<div class="hero">
  <div class="wrap">
    <?php if (get_bloginfo('description') !== '') { ?>
    <p class="hero-over"><?php bloginfo('description'); ?></p>
    <?php } ?>
    <h1><?php echo esc_html(\Nuage\Theme\name()); ?></h1>
    <?php if (is_page()) { ?>
    <div class="hero-lead">
      <?php
      while (have_posts()) {
          the_post();
          the_content();
      }
      ?>
    </div>
    <?php } ?>
  </div>
</div>
<div class="wrap">
  <?php if ($cards) { ?>
  <ul class="cards">
    <?php foreach ($cards as $page) { ?>
    <li class="card">
      <span class="card-icon"><?php echo \Nuage\Theme\icon((string) get_post_meta($page->ID, '_nuage_page', true)); ?></span>
      <h2><a href="<?php echo esc_url((string) get_permalink($page)); ?>"><?php echo esc_html(get_the_title($page)); ?></a></h2>
      <?php if ($page->post_excerpt !== '') { ?>
      <p><?php echo esc_html($page->post_excerpt); ?></p>
      <?php } ?>
    </li>
    <?php } ?>
  </ul>
  <?php } ?>
  <div class="front-columns">
    <section aria-labelledby="derniers">
      <h2 id="derniers"><?php esc_html_e('Latest notices', 'nuage-municipal'); ?></h2>
      <?php if ($notices->have_posts()) { ?>
      <ul class="notices">
        <?php
        while ($notices->have_posts()) {
            $notices->the_post();
            \Nuage\Theme\notice(3);
        }
        wp_reset_postdata();
        ?>
      </ul>
      <?php if ($notices_page) { ?>
      <p class="more"><a href="<?php echo esc_url((string) get_permalink($notices_page)); ?>"><?php esc_html_e('See all notices', 'nuage-municipal'); ?></a></p>
      <?php } ?>
      <?php } else { ?>
      <p class="empty"><?php esc_html_e('No notice has been published yet.', 'nuage-municipal'); ?></p>
      <?php } ?>
    </section>
    <?php $contact = \Nuage\Theme\contact_card(); ?>
    <?php if ($contact !== '') { ?>
    <section class="panel" aria-labelledby="coordonnees">
      <h2 id="coordonnees"><?php esc_html_e('Contact details', 'nuage-municipal'); ?></h2>
      <?php echo $contact; ?>
    </section>
    <?php } ?>
  </div>
</div>
<?php get_footer();

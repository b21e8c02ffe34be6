<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Lists: notices, categories, dates, search results.
defined('ABSPATH') || exit;
get_header();
if (is_search()) {
    /* translators: %s: what was searched */
    $title = sprintf(__('Results for “%s”', 'nuage-municipal'), get_search_query(false));
} elseif (is_home()) {
    $title = get_the_title((int) get_option('page_for_posts')) ?: __('Notices', 'nuage-municipal');
} else {
    $title = get_the_archive_title();
}
\Nuage\Theme\page_head($title);
?>
<div class="wrap"><div class="page-body">
  <?php if (is_search()) {
      get_search_form(['aria_label' => __('Search again', 'nuage-municipal')]);
  } ?>
  <?php if (have_posts()) { ?>
  <ul class="notices">
    <?php
    while (have_posts()) {
        the_post();
        \Nuage\Theme\notice(2);
    }
    ?>
  </ul>
  <?php
      the_posts_pagination([
          'mid_size' => 1,
          'prev_text' => __('Newer', 'nuage-municipal'),
          'next_text' => __('Older', 'nuage-municipal'),
          'aria_label' => __('Pages of the list', 'nuage-municipal'),
          'screen_reader_text' => __('Pages of the list', 'nuage-municipal'),
      ]);
  } else { ?>
  <p class="empty"><?php is_search()
      ? esc_html_e('Nothing was found. Try other words, or fewer.', 'nuage-municipal')
      : esc_html_e('No notice has been published yet.', 'nuage-municipal'); ?></p>
  <?php } ?>
</div></div>
<?php get_footer();

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
use function Nuage\Theme\fact;

defined('ABSPATH') || exit;
$privacy_name = fact('contacts.privacy_name');
?>
</main>
<footer class="site-footer">
  <div class="wrap footer-grid">
    <div>
      <p><strong><?php echo esc_html(\Nuage\Theme\name()); ?></strong></p>
      <?php if (fact('contacts.telephone') !== '') { ?>
      <p><?php echo \Nuage\Site\telephone_link(fact('contacts.telephone')); ?></p>
      <?php } ?>
      <?php if (fact('contacts.email') !== '') { ?>
      <p><?php echo \Nuage\Site\mail_link(fact('contacts.email')); ?></p>
      <?php } ?>
    </div>
    <?php if ($privacy_name !== '') { ?>
    <div>
      <h2><?php esc_html_e('Protection of personal information', 'nuage-municipal'); ?></h2>
      <p><?php esc_html_e('Person in charge:', 'nuage-municipal'); ?> <?php echo esc_html($privacy_name); ?></p>
      <p><?php echo \Nuage\Site\mail_link(fact('contacts.privacy_email')); ?></p>
    </div>
    <?php } ?>
    <?php if (has_nav_menu('footer')) { ?>
    <nav aria-label="<?php esc_attr_e('Footer menu', 'nuage-municipal'); ?>">
      <?php wp_nav_menu(['theme_location' => 'footer', 'container' => false, 'depth' => 1, 'menu_class' => 'menu']); ?>
    </nav>
    <?php } ?>
  </div>
</footer>
<?php wp_footer(); ?>
</body>
</html>

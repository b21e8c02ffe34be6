<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
defined('ABSPATH') || exit;
?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
<meta charset="<?php bloginfo('charset'); ?>">
<meta name="viewport" content="width=device-width, initial-scale=1">
<?php wp_head(); ?>
</head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<a class="skip-link" href="#contenu"><?php esc_html_e('Skip to content', 'nuage-municipal'); ?></a>
<header class="site-header">
  <div class="wrap masthead">
    <a class="brand" href="<?php echo esc_url(home_url('/')); ?>"<?php echo is_front_page() ? ' aria-current="page"' : ''; ?>>
      <span class="brand-mark" aria-hidden="true"><?php echo esc_html(\Nuage\Theme\initial()); ?></span>
      <span>
        <span class="brand-designation"><?php echo esc_html(\Nuage\Theme\fact('designation')); ?></span>
        <span class="brand-name"><?php bloginfo('name'); ?></span>
      </span>
    </a>
    <?php get_search_form(['aria_label' => __('Search this site', 'nuage-municipal')]); ?>
  </div>
  <?php if (has_nav_menu('primary')) { ?>
  <nav class="main-nav" aria-label="<?php esc_attr_e('Main menu', 'nuage-municipal'); ?>">
    <div class="wrap">
      <?php wp_nav_menu(['theme_location' => 'primary', 'container' => false, 'depth' => 2, 'menu_class' => 'menu']); ?>
    </div>
  </nav>
  <?php } ?>
</header>
<main id="contenu" tabindex="-1">

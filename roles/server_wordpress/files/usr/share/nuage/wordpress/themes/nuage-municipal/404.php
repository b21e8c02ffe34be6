<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
defined('ABSPATH') || exit;
get_header();
\Nuage\Theme\page_head(__('This page does not exist', 'nuage-municipal'));
?>
<div class="wrap"><div class="page-body">
  <p><?php esc_html_e('It may have moved, or the address may hold a mistake. Search the site, or start again from the home page.', 'nuage-municipal'); ?></p>
  <?php get_search_form(['aria_label' => __('Search again', 'nuage-municipal')]); ?>
  <p><a class="button" href="<?php echo esc_url(home_url('/')); ?>"><?php esc_html_e('Go to the home page', 'nuage-municipal'); ?></a></p>
</div></div>
<?php get_footer();

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
defined('ABSPATH') || exit;
$field = wp_unique_id('recherche-');
?>
<form role="search" method="get" class="search-form" action="<?php echo esc_url(home_url('/')); ?>"<?php echo empty($args['aria_label']) ? '' : ' aria-label="' . esc_attr($args['aria_label']) . '"'; ?>>
  <label class="screen-reader-text" for="<?php echo esc_attr($field); ?>"><?php esc_html_e('Words to search for', 'nuage-municipal'); ?></label>
  <input type="search" id="<?php echo esc_attr($field); ?>" name="s" value="<?php echo esc_attr(get_search_query(false)); ?>" placeholder="<?php esc_attr_e('Search', 'nuage-municipal'); ?>">
  <button type="submit"><?php echo \Nuage\Theme\icon('search'); ?><span class="screen-reader-text"><?php esc_html_e('Search', 'nuage-municipal'); ?></span></button>
</form>

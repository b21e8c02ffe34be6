<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
defined('ABSPATH') || exit;
get_header();
$list = (int) get_option('page_for_posts');
while (have_posts()) {
    the_post();
    \Nuage\Theme\page_head(
        get_the_title(),
        /* translators: %s: date */
        sprintf(esc_html__('Published on %s', 'nuage-municipal'), \Nuage\Theme\post_date()),
        $list ? sprintf('<a href="%s">%s</a>', esc_url((string) get_permalink($list)), esc_html(get_the_title($list))) : '',
    );
    echo '<div class="wrap"><article class="page-body">';
    the_content();
    wp_link_pages();
    echo '</article></div>';
}
get_footer();

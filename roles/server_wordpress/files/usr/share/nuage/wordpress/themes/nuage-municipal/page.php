<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
defined('ABSPATH') || exit;
get_header();
while (have_posts()) {
    the_post();
    \Nuage\Theme\page_head(get_the_title());
    echo '<div class="wrap"><article class="page-body">';
    the_content();
    wp_link_pages();
    echo '</article></div>';
}
get_footer();

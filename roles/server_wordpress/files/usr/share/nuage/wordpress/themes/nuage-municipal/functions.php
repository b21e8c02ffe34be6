<?php
/**
 * What the theme is made of: no script, one style sheet, two menus.
 *
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */

declare(strict_types=1);

namespace Nuage\Theme;

defined('ABSPATH') || exit;

require __DIR__ . '/inc/parts.php';

add_action('after_setup_theme', static function (): void {
    // Not __DIR__: WordPress recognizes a theme by the path under wp-content, which is a link.
    load_theme_textdomain('nuage-municipal', get_template_directory() . '/languages');
    add_theme_support('title-tag');
    add_theme_support('post-thumbnails');
    add_theme_support('responsive-embeds');
    add_theme_support('align-wide');
    add_theme_support('automatic-feed-links');
    add_filter('feed_links_show_comments_feed', '__return_false');
    add_theme_support('html5', ['search-form', 'gallery', 'caption', 'style', 'script', 'navigation-widgets']);
    // Colours chosen in the editor would not follow the reader's light or dark theme.
    add_theme_support('disable-custom-colors');
    add_theme_support('disable-custom-gradients');
    add_theme_support('editor-color-palette', []);
    add_theme_support('editor-styles');
    add_editor_style('editor.css');
    add_post_type_support('page', 'excerpt');
    register_nav_menus([
        'primary' => __('Main menu', 'nuage-municipal'),
        'footer' => __('Footer menu', 'nuage-municipal'),
    ]);
    remove_theme_support('core-block-patterns');
});

add_action('wp_enqueue_scripts', static function (): void {
    // The address changes with the content, so that browsers may keep it.
    wp_enqueue_style('nuage-municipal', get_stylesheet_uri(), [], substr((string) md5_file(__DIR__ . '/style.css'), 0, 8));
    wp_dequeue_style('classic-theme-styles');
    wp_dequeue_style('global-styles');
});
// Styles of the blocks that a page has, and no others.
add_filter('should_load_separate_core_block_assets', '__return_true');
remove_action('wp_enqueue_scripts', 'wp_enqueue_global_styles');
remove_action('wp_footer', 'wp_enqueue_global_styles', 1);
remove_action('wp_body_open', 'wp_global_styles_render_svg_filters');
// Pages have no need of scripts; browsers that prefetch would ask for what nobody reads.
add_filter('wp_speculation_rules_configuration', '__return_null');
add_filter('wp_img_tag_add_auto_sizes', '__return_false');

add_filter('excerpt_length', static fn (): int => 28);
add_filter('excerpt_more', static fn (): string => '…');
add_filter('document_title_separator', static fn (): string => '–');
add_filter('document_title_parts', static function (array $parts): array {
    // The municipality's whole name, as people search for it.
    if (isset($parts['site'])) {
        $parts['site'] = name();
    } else {
        $parts['title'] = name();
    }
    return $parts;
});
add_action('wp_head', static function (): void {
    $text = is_singular() && !is_front_page() ? wp_strip_all_tags(get_the_excerpt()) : '';
    $text = $text !== '' ? $text : trim(name() . ' – ' . get_bloginfo('description'), ' –');
    printf('<meta name="description" content="%s">' . "\n", esc_attr($text));
    echo '<meta name="color-scheme" content="light dark">' . "\n";
}, 2);

// A drawing of the theme's own, unless the municipality chose an icon.
function icon_link(): void
{
    if (!has_site_icon()) {
        printf('<link rel="icon" type="image/svg+xml" href="%s">' . "\n", esc_url(get_theme_file_uri('favicon.svg')));
    }
}
foreach (['wp_head', 'login_head', 'admin_head'] as $head) {
    add_action($head, __NAMESPACE__ . '\icon_link');
}
add_action('do_faviconico', static function (): void {
    if (!has_site_icon()) {
        wp_redirect(get_theme_file_uri('favicon.svg'), 302, '');
        exit;
    }
});
add_filter('x_redirect_by', '__return_false');

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// An administration without news from elsewhere, and without checks that call outside.

declare(strict_types=1);

namespace Nuage\Quiet;

defined('ABSPATH') || exit;

const OUTSIDE_TESTS = [
    'direct' => ['plugin_version', 'theme_version', 'php_version', 'rest_availability', 'available_updates_disk_space',
        'update_temp_backup_writable', 'persistent_object_cache', 'plugin_theme_auto_updates', 'debug_enabled',
        'https_status', 'scheduled_events'],
    'async' => ['dotorg_communication', 'background_updates', 'loopback_requests', 'https_status', 'page_cache',
        'authorization_header'],
];

/** What a clerk comes for, one step away. */
function start(): void
{
    $steps = [admin_url('post-new.php') => __('Publish a public notice', 'nuage')];
    $pages = get_posts(['post_type' => 'page', 'meta_key' => '_nuage_page', 'orderby' => 'ID', 'order' => 'ASC', 'numberposts' => 20]);
    foreach ($pages as $page) {
        if ($page->ID !== (int) get_option('page_for_posts') && current_user_can('edit_post', $page->ID)) {
            /* translators: %s: title of a page */
            $steps[(string) get_edit_post_link($page->ID, 'raw')] = sprintf(__('Edit the page: %s', 'nuage'), $page->post_title);
        }
    }
    echo '<ul>';
    foreach ($steps as $address => $label) {
        printf('<li><a href="%s">%s</a></li>', esc_url($address), esc_html($label));
    }
    echo '</ul>';
}

// The theme has no place for widgets, and each request would set seventeen of them up.
add_filter('load_default_widgets', '__return_false');
remove_action('init', 'wp_widgets_init', 1);
add_filter('customize_loaded_components', static fn (array $parts): array => array_values(array_diff($parts, ['widgets'])));
add_filter('site_status_tests', static function (array $tests): array {
    foreach (OUTSIDE_TESTS as $kind => $names) {
        $tests[$kind] = array_diff_key($tests[$kind] ?? [], array_flip($names));
    }
    return $tests;
});
add_action('init', static function (): void {
    remove_action('wp_site_health_scheduled_check', ['WP_Site_Health', 'wp_cron_scheduled_check']);
});
add_action('wp_dashboard_setup', static function (): void {
    remove_meta_box('dashboard_primary', 'dashboard', 'side');
    remove_meta_box('dashboard_browser_nag', 'dashboard', 'normal');
    remove_meta_box('dashboard_php_nag', 'dashboard', 'normal');
    remove_meta_box('dashboard_quick_press', 'dashboard', 'side');
    remove_meta_box('dashboard_site_health', 'dashboard', 'normal');
    wp_add_dashboard_widget('nuage_start', __('Your site', 'nuage'), __NAMESPACE__ . '\start', null, null, 'side', 'high');
});
// Answers that the dashboard would ask wordpress.org for.
add_action('admin_init', static function (): void {
    remove_action('welcome_panel', 'wp_welcome_panel');
    $agent = (string) ($_SERVER['HTTP_USER_AGENT'] ?? '');
    add_filter('pre_site_transient_browser_' . md5($agent), static fn (): array => ['upgrade' => false, 'insecure' => false]);
    add_filter('pre_site_transient_php_check_' . md5(PHP_VERSION), static fn (): array => [
        'is_acceptable' => true, 'is_secure' => true, 'is_supported' => true,
        'is_lower_than_future_minimum' => false, 'recommended_version' => '', 'minimum_version' => '',
    ]);
});
// The spec owns the administrator's address.
add_filter('admin_email_check_interval', '__return_zero');
add_filter('admin_footer_text', '__return_empty_string');
add_filter('update_footer', '__return_empty_string', 99);
add_action('admin_bar_menu', static function (\WP_Admin_Bar $bar): void {
    $bar->remove_node('wp-logo');
    $bar->remove_node('comments');
    $bar->remove_node('updates');
}, 999);
remove_filter('the_title', 'capital_P_dangit', 11);
remove_filter('the_content', 'capital_P_dangit', 11);
remove_filter('comment_text', 'capital_P_dangit', 31);

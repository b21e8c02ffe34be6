<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// No request leaves the server, and no page makes a browser ask another host.

declare(strict_types=1);

namespace Nuage\Outside;

defined('ABSPATH') || exit;

/** Hosts that the consortium allowed, from WP_ACCESSIBLE_HOSTS. @return list<string> */
function allowed_hosts(): array
{
    return defined('WP_ACCESSIBLE_HOSTS') ? array_map('trim', explode(',', (string) WP_ACCESSIBLE_HOSTS)) : [];
}

function refuse(mixed $answer, array $arguments, string $url): mixed
{
    $host = (string) wp_parse_url($url, PHP_URL_HOST);
    if (in_array($host, allowed_hosts(), true)) {
        return $answer;
    }
    // Without the query, which may hold what nobody should read. Once per process is enough to be seen.
    $asked = substr((string) preg_replace('~[^\w.:/-]~', '', $host . wp_parse_url($url, PHP_URL_PATH)), 0, 160);
    static $seen = [];
    if (!isset($seen[$asked])) {
        $seen[$asked] = true;
        error_log("nuage: outside request refused: $asked");
    }
    return new \WP_Error('nuage_outside', __('Requests to other servers are off on this site.', 'nuage'));
}

add_filter('pre_http_request', __NAMESPACE__ . '\refuse', 10, 3);

// Update checks: packages come from the server.
$checked = static fn (): object => (object) [
    'last_checked' => time(),
    'version_checked' => wp_get_wp_version(),
    'updates' => [],
    'response' => [],
    'translations' => [],
    'no_update' => [],
    'checked' => [],
];
foreach (['core', 'plugins', 'themes'] as $kind) {
    add_filter("pre_site_transient_update_$kind", $checked);
}
remove_action('init', 'wp_schedule_update_checks');
remove_action('wp_version_check', 'wp_version_check');
remove_action('wp_update_plugins', 'wp_update_plugins');
remove_action('wp_update_themes', 'wp_update_themes');
remove_action('admin_init', '_maybe_update_core');
remove_action('admin_init', '_maybe_update_plugins');
remove_action('admin_init', '_maybe_update_themes');
add_filter('automatic_updater_disabled', '__return_true');
add_filter('wp_should_update_https_detection', '__return_false');
add_action('init', static function (): void {
    remove_action('init', 'wp_schedule_https_detection');
    remove_action('wp_https_detection', 'wp_update_https_detection_errors');
}, 0);
add_filter('pre_option_https_detection_errors', static fn (): array => []);

// Avatars, emoji, fonts, embeds and hints.
add_filter('pre_option_show_avatars', static fn (): string => '0');
add_filter('pre_get_avatar', static fn (): string => '');
add_filter('get_avatar_url', static fn (): string => '');
add_filter('rest_avatar_sizes', static fn (): array => []);
add_filter('emoji_svg_url', '__return_false');
add_filter('wp_resource_hints', static fn (): array => [], PHP_INT_MAX);
add_filter('embed_oembed_discover', '__return_false');
add_filter('should_load_remote_block_patterns', '__return_false');
add_filter('block_editor_settings_all', static function (array $settings): array {
    $settings['enableOpenverseMediaCategory'] = false;
    $settings['fontLibraryEnabled'] = false;
    return $settings;
});
remove_action('enqueue_block_editor_assets', 'wp_enqueue_editor_block_directory_assets');
// The editor's welcome shows pictures of wordpress.org.
add_action('enqueue_block_editor_assets', static function (): void {
    wp_add_inline_script(
        'wp-edit-post',
        "wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false);",
    );
});
foreach (['wp_head', 'admin_print_scripts', 'embed_head', 'login_head'] as $hook) {
    remove_action($hook, 'print_emoji_detection_script', 7);
    remove_action($hook, 'print_emoji_detection_script');
}
foreach (['wp_enqueue_scripts', 'admin_enqueue_scripts'] as $hook) {
    remove_action($hook, 'wp_enqueue_emoji_styles');
}
remove_action('wp_print_styles', 'print_emoji_styles');
remove_action('admin_print_styles', 'print_emoji_styles');
remove_filter('the_content_feed', 'wp_staticize_emoji');
remove_filter('comment_text_rss', 'wp_staticize_emoji');
remove_filter('wp_mail', 'wp_staticize_emoji_for_email');
add_filter('tiny_mce_plugins', static fn (array $plugins): array => array_diff($plugins, ['wpemoji']));

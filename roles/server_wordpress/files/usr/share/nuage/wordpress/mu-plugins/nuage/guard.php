<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Fewer doors: no XML-RPC, no anonymous REST, no list of users, no version.

declare(strict_types=1);

namespace Nuage\Guard;

defined('ABSPATH') || exit;

add_filter('xmlrpc_enabled', '__return_false');
add_filter('xmlrpc_methods', static fn (): array => []);
add_filter('pings_open', '__return_false');
add_filter('pre_option_enable_xmlrpc', '__return_zero');
add_filter('wp_is_application_passwords_available', '__return_false');

// Editors need REST; nobody else does.
add_filter('rest_authentication_errors', static function (mixed $errors): mixed {
    if (is_wp_error($errors) || is_user_logged_in()) {
        return $errors;
    }
    return new \WP_Error('nuage_rest', __('Sign in to use this.', 'nuage'), ['status' => 401]);
}, 99);

// Names of users say what to try at the login page.
function refuse_pages(): void
{
    // Before WordPress redirects ?author=1 to the user's own name. Embeds are for other sites; a sitemap that was
    // removed would otherwise show the front page.
    if (is_author() || isset($_GET['author']) || is_embed() || get_query_var('sitemap') === 'users') {
        global $wp_query;
        remove_action('template_redirect', 'redirect_canonical');
        $wp_query->set_404();
        status_header(404);
        nocache_headers();
        $wp_query->is_embed = false;
    }
}
if (!is_admin()) {
    add_action('template_redirect', __NAMESPACE__ . '\refuse_pages', -1);
}
add_filter('author_link', static fn (): string => home_url('/'));
add_filter('wp_sitemaps_add_provider', static fn (mixed $provider, string $name): mixed =>
    $name === 'users' ? false : $provider, 10, 2);
add_filter('oembed_response_data', static function (array $data): array {
    unset($data['author_name'], $data['author_url']);
    return $data;
});
add_filter('the_author', static fn (): string => is_feed() ? (string) get_option('blogname') : '');

// What a page says about its software, and the links that only machines follow.
add_filter('the_generator', '__return_empty_string');
foreach (
    ['wp_generator', 'rsd_link', 'wlwmanifest_link', 'rest_output_link_wp_head', 'wp_oembed_add_discovery_links',
        'wp_oembed_add_host_js'] as $link
) {
    remove_action('wp_head', $link);
}
remove_action('wp_head', 'wp_shortlink_wp_head', 10);
remove_action('wp_head', 'feed_links_extra', 3);
remove_action('template_redirect', 'rest_output_link_header', 11);
remove_action('template_redirect', 'wp_shortlink_header', 11);
add_filter('wp_headers', static function (array $headers): array {
    unset($headers['X-Pingback']);
    return $headers;
});

// The web server says it already.
remove_action('login_init', 'send_frame_options_header', 10);
remove_action('admin_init', 'send_frame_options_header', 10);

/** Browsers still need a name that changes with the version, but not the version itself. */
function hide_version(mixed $source): mixed
{
    $version = wp_get_wp_version();
    if (!is_string($source) || !str_contains($source, "ver=$version")) {
        return $source;
    }
    return add_query_arg('ver', substr(hash_hmac('sha256', $version, AUTH_SALT), 0, 8), $source);
}
add_filter('style_loader_src', __NAMESPACE__ . '\hide_version');
add_filter('script_loader_src', __NAMESPACE__ . '\hide_version');

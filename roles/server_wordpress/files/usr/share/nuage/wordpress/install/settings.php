<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Tables, options, theme and first administrator.

declare(strict_types=1);

namespace Nuage\Install;

/** Always as the consortium says. */
function enforced(Request $request): array
{
    return [
        'users_can_register' => '0',
        'default_role' => 'subscriber',
        'default_comment_status' => 'closed',
        'default_ping_status' => 'closed',
        'default_pingback_flag' => '0',
        'show_avatars' => '0',
        'use_smilies' => '0',
        'ping_sites' => '',
        'mailserver_url' => '',
        'wp_attachment_pages_enabled' => '0',
        'upload_path' => '',
        'upload_url_path' => '',
        'template' => 'nuage-municipal',
        'stylesheet' => 'nuage-municipal',
        'permalink_structure' => '/%postname%/',
        'timezone_string' => $request->timezone,
        'WPLANG' => $request->locale(),
        'nuage_site' => [
            'code' => $request->code,
            'designation' => $request->designation,
            'contacts' => $request->contacts,
        ],
    ];
}

/** Set at first, and again when the spec itself changes: in between the municipality may change them. */
function offered(Request $request): array
{
    $french = $request->language === 'fr';
    return [
        'blogname' => $request->title,
        'blogdescription' => $french ? 'Site officiel' : 'Official site',
        'admin_email' => $request->email,
        'date_format' => 'j F Y',
        'time_format' => $french ? 'G \h i' : 'g:i a',
        'start_of_week' => '0',
        'posts_per_page' => '10',
        'blog_public' => '1',
    ];
}

/** @return list<string> what was changed, or would be */
function reconcile(Request $request, bool $new): array
{
    require_once __DIR__ . '/pluggable.php';
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    $changed = [];
    if ($new) {
        install($request);
        $changed[] = 'site';
    } elseif ((int) get_option('db_version') !== (int) $GLOBALS['wp_db_version']) {
        $changed[] = 'database version';
        if (!$request->check) {
            wp_upgrade();
        }
    }
    $structure = get_option('permalink_structure');
    foreach (enforced($request) as $name => $value) {
        array_push($changed, ...set_option($name, $value, $request->check));
    }
    $seen = (array) get_option('nuage_offered', []);
    $offered = offered($request);
    foreach ($offered as $name => $value) {
        if (!array_key_exists($name, $seen) || $seen[$name] !== $value) {
            array_push($changed, ...set_option($name, $value, $request->check));
        }
    }
    set_option('nuage_offered', $offered, $request->check);
    if (!$request->check) {
        array_push($changed, ...create_pages($request));
        if ($new || $structure !== get_option('permalink_structure')) {
            routes();
        }
    }
    if ($new) {
        $GLOBALS['wpdb']->query('COMMIT');
    }
    // One word is enough for a new site.
    return $new ? ['site'] : $changed;
}

/** @return list<string> the name of the option when it differed */
function set_option(string $name, mixed $value, bool $check): array
{
    $wanted = sanitize_option($name, $value);
    $current = get_option_unfiltered($name);
    if ((is_array($wanted) ? $wanted : (string) $wanted) === (is_array($current) ? $current : (string) $current)
        && $current !== null) {
        return [];
    }
    if (!$check) {
        // WordPress would mail both addresses and wait for a click.
        remove_action('update_option_admin_email', 'wp_site_admin_email_change_notification');
        // A filter that answers for the option would hide the difference from update_option.
        $filter = $GLOBALS['wp_filter']["pre_option_$name"] ?? null;
        unset($GLOBALS['wp_filter']["pre_option_$name"]);
        update_option($name, $value, true);
        if ($filter !== null) {
            $GLOBALS['wp_filter']["pre_option_$name"] = $filter;
        }
    }
    return ["option $name"];
}

/** What the database holds, or null: constants and filters answer get_option for some. */
function get_option_unfiltered(string $name): mixed
{
    $all = wp_load_alloptions();
    if (array_key_exists($name, $all)) {
        return maybe_unserialize($all[$name]);
    }
    global $wpdb;
    $row = $wpdb->get_row($wpdb->prepare("SELECT option_value FROM $wpdb->options WHERE option_name = %s", $name));
    return $row === null ? null : maybe_unserialize($row->option_value);
}

function install(Request $request): void
{
    global $wpdb;
    make_db_current_silent();
    // One transaction is one wait for the disk instead of two hundred; reconcile() ends it.
    add_filter('dbdelta_queries', '__return_empty_array');
    $wpdb->query('START TRANSACTION');
    // Else WordPress would ask the site for a page that nobody serves yet.
    $structure = static fn (): string => '/%postname%/';
    add_filter('pre_option_permalink_structure', $structure);
    wp_install($request->title, $request->user, $request->email, true, '', wp_slash($request->password), $request->locale());
    remove_filter('pre_option_permalink_structure', $structure);
    wp_installing(false);
    $user = get_user_by('login', $request->user);
    if (!$user) {
        fail('wordpress', 'the first administrator could not be created');
    }
    [$first, $last] = array_pad(preg_split('/\s+/u', trim($request->name), 2), 2, '');
    wp_update_user(wp_slash([
        'ID' => $user->ID,
        'first_name' => $first,
        'last_name' => $last,
        'display_name' => $request->name,
        // Public addresses are made of it.
        'user_nicename' => 'redaction',
    ]));
    delete_user_option($user->ID, 'default_password_nag', true);
    update_user_meta($user->ID, 'default_password_nag', false);
    $GLOBALS['nuage_author'] = $user->ID;
}

function routes(): void
{
    global $wp_rewrite;
    $wp_rewrite->init();
    $wp_rewrite->flush_rules(false);
}

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Getting WordPress to run here: its configuration, its tables, nothing that calls outside.

declare(strict_types=1);

namespace Nuage\Install;

/** Written last by a first run: without it the installation starts again, and finds what is already there. */
const MARK = 'nuage_created';

/** Loads the site's configuration and asks the database; WordPress itself would answer a new site with a redirection. */
function installed(Request $request): bool
{
    $file = "/etc/wordpress/config-$request->code.php";
    if (!is_readable($file)) {
        fail('no-configuration', "$file can't be read");
    }
    $_SERVER['WORDPRESS_CONFIG'] = $request->code;
    $_SERVER['HTTP_HOST'] = $request->domain;
    $_SERVER['SERVER_NAME'] = $request->domain;
    $_SERVER['HTTPS'] = 'on';
    $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
    $_SERVER['REQUEST_METHOD'] = 'GET';
    $_SERVER['REQUEST_URI'] = '/';
    $_SERVER['REMOTE_ADDR'] = '127.0.0.1';
    require_once $file;
    $GLOBALS['table_prefix'] = $table_prefix ?? 'wp_';
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    try {
        $socket = explode(':', DB_HOST, 2)[1] ?? null;
        $database = new \mysqli('localhost', DB_USER, DB_PASSWORD, DB_NAME, 0, $socket);
        $table = $GLOBALS['table_prefix'] . 'options';
        $found = $database->query("SHOW TABLES LIKE '$table'")->num_rows > 0
            && $database->query("SELECT 1 FROM `$table` WHERE option_name = '" . MARK . "'")->num_rows > 0;
        $database->close();
    } catch (\mysqli_sql_exception $error) {
        fail('database', $error->getMessage());
    } finally {
        // WordPress handles its own errors.
        mysqli_report(MYSQLI_REPORT_OFF);
    }
    return $found;
}

function tree_version(): string
{
    $wp_version = '';
    require TREE . '/wp-includes/version.php';
    return $wp_version;
}

/**
 * What has to be so before WordPress loads. Filters that exist before it are its own documented way in.
 *
 * @return array<string, mixed> global variables
 */
function before_loading(Request $request, bool $new): array
{
    if ($new) {
        define('WP_INSTALLING', true);
        // Else tables without options, which an interrupted first run leaves, would be called damaged.
        define('WP_REPAIRING', true);
    }
    define('WP_USE_THEMES', false);
    $filter = static fn (callable $function): array => [10 => [['function' => $function, 'accepted_args' => 1]]];
    return [
        'wp_filter' => [
            // The municipality's own plugins have no part in this, and can't break it.
            'pre_option_active_plugins' => $filter(static fn (): array => []),
            'wp_die_handler' => $filter(static fn (): callable => stop(...)),
            'pre_wp_mail' => $filter(static fn (): bool => true),
            'determine_locale' => $filter(static fn (): string => $request->locale() ?: 'en_US'),
        ],
    ];
}

function stop(mixed $message): never
{
    ob_end_clean();
    fail('wordpress', $message instanceof \WP_Error ? $message->get_error_message() : (string) $message);
}

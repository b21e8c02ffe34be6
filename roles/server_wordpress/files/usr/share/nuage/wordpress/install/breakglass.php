<?php
/**
 * Makes or removes one local administrator of the site; see /usr/local/lib/nuage/breakglass.py.
 *
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The request is a credential of the unit: {"do": "make"|"remove", "account": "...", "password": "..."}.
 */

declare(strict_types=1);

namespace Nuage\BreakGlass;

if (PHP_SAPI !== 'cli') {
    exit;
}

function fail(string $why): never
{
    fwrite(STDERR, trim(strip_tags($why)) . "\n");
    exit(1);
}

function make(string $account, #[\SensitiveParameter] string $password): void
{
    // Nobody's former account becomes an administrator.
    if (username_exists($account)) {
        fail('there is such an account already');
    }
    $made = wp_insert_user(['user_login' => $account, 'user_pass' => wp_slash($password), 'role' => 'administrator', 'user_nicename' => 's-' . bin2hex(random_bytes(6)), 'display_name' => 'Secours']);
    if (is_wp_error($made)) {
        fail($made->get_error_message());
    }
}

/** What it wrote stays, as the site's own administrator's. */
function remove(string $account): void
{
    $user = get_user_by('login', $account);
    if (!$user) {
        return;
    }
    require_once ABSPATH . 'wp-admin/includes/user.php';
    $heir = get_user_by('login', 'admin-' . NUAGE_CODE);
    \WP_Session_Tokens::get_instance($user->ID)->destroy_all();
    if (!wp_delete_user($user->ID, $heir ? $heir->ID : null)) {
        fail('the account could not be removed');
    }
}

$nuage_folder = getenv('CREDENTIALS_DIRECTORY');
$nuage_request = json_decode((string) file_get_contents("$nuage_folder/request"), true);
if (!is_array($nuage_request) || preg_match('/^secours-[a-z0-9]{6,20}$/D', $nuage_request['account'] ?? '') !== 1) {
    fail('no request');
}
$_SERVER += ['SERVER_NAME' => $_SERVER['HTTP_HOST'] ?? '', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'REMOTE_ADDR' => '127.0.0.1', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
define('WP_USE_THEMES', false);
// The municipality's own plugins have no part in this; nobody is written to.
$wp_filter = [];
foreach (['pre_option_active_plugins' => static fn (): array => [], 'pre_wp_mail' => static fn (): bool => true] as $nuage_name => $nuage_answer) {
    $wp_filter[$nuage_name] = [10 => [['function' => $nuage_answer, 'accepted_args' => 1]]];
}
ob_start();
require '/usr/share/wordpress/wp-load.php';
match ($nuage_request['do'] ?? '') {
    'make' => make($nuage_request['account'], $nuage_request['password']),
    'remove' => remove($nuage_request['account']),
    default => fail('no request'),
};
ob_end_clean();

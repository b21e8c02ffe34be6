<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Passwords of the site itself are for the break-glass account, while there is one. Root writes who and until when:
// nothing in the database, which the site itself may change, opens this.

declare(strict_types=1);

namespace Nuage\SignIn\Local;

defined('ABSPATH') || exit;

const CORE = ['wp_authenticate_username_password', 'wp_authenticate_email_password', 'wp_authenticate_application_password'];

/** Name of the account that may sign in here and now; '' when there is none. */
function account(): string
{
    $file = '/etc/nuage/breakglass/' . NUAGE_CODE . '-wordpress.json';
    $record = is_readable($file) ? json_decode((string) file_get_contents($file), true) : null;
    if (!is_array($record) || !is_string($record['user'] ?? null) || !is_int($record['until'] ?? null)) {
        return '';
    }
    return $record['until'] > time() ? $record['user'] : '';
}

function is_local(\WP_User|false $user): bool
{
    $name = account();
    return $name !== '' && $user && $user->exists() && $user->user_login === $name;
}

function refuse(mixed $user): mixed
{
    if ($user instanceof \WP_User && !is_local($user)) {
        // As if the password were wrong: login.php words it.
        return new \WP_Error('incorrect_password', '');
    }
    return $user;
}
add_filter('authenticate', __NAMESPACE__ . '\refuse', 998);
add_filter('authenticate', static function (mixed $user): mixed {
    if (account() === '') {
        // Nobody's guess costs the site the work of checking it.
        foreach (CORE as $function) {
            remove_filter('authenticate', $function, 20);
        }
        return new \WP_Error('nuage_local', esc_html__('Sign in with your municipality’s account.', 'nuage'));
    }
    return $user;
}, 1);

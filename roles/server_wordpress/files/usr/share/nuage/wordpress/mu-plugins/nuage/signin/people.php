<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// An account per person, tied to the identity server's `sub` and to nothing else; renewed at each token.

declare(strict_types=1);

namespace Nuage\SignIn\People;

use Nuage\SignIn\Roles;

defined('ABSPATH') || exit;

/** Set by the plugin when it creates the account. */
const SUBJECT = 'openid-connect-generic-subject-identity';

/** Accounts of a subject: one, unless somebody meddled with the database. @return list<int> */
function accounts(string $subject): array
{
    global $wpdb;
    $query = "SELECT user_id FROM $wpdb->usermeta WHERE meta_key = %s AND meta_value = %s";
    return array_map(intval(...), $wpdb->get_col($wpdb->prepare($query, SUBJECT, $subject)));
}

/**
 * An address belongs to whom the realm says it does. WordPress wants each once: an account that had it before loses
 * it, and nothing else is done to that account.
 */
function release_address(string $email, int $owner): void
{
    global $wpdb;
    $holder = $email === '' ? false : get_user_by('email', $email);
    if ($holder && $holder->ID !== $owner) {
        $wpdb->update($wpdb->users, ['user_email' => "compte-$holder->ID@retire.invalid"], ['ID' => $holder->ID]);
        clean_user_cache($holder);
    }
}

/** What the plugin is about to create. @param array<string, mixed> $claims */
function described(array $account, array $claims): array
{
    $person = Roles\person($claims);
    $email = is_email($person['email']) ? $person['email'] : '';
    release_address($email, 0);
    return [
        'user_email' => $email,
        'display_name' => $person['name'],
        'nickname' => $person['name'],
        'first_name' => $person['first'],
        'last_name' => $person['last'],
        // Public addresses are made of it.
        'user_nicename' => 'p-' . substr(hash_hmac('sha256', (string) $claims['sub'], AUTH_SALT), 0, 12),
        'role' => (string) Roles\role($claims['groups'] ?? null),
    ] + $account;
}

/**
 * Role, names and address as the token says. Straight to the tables: WordPress's own function writes to people about
 * it, and asks who the current user is while that is being found out.
 *
 * @param array<string, mixed> $claims
 */
function renew(\WP_User $user, array $claims): void
{
    global $wpdb;
    $role = (string) Roles\role($claims['groups'] ?? null);
    if (array_keys(array_filter($user->caps)) !== [$role]) {
        $user->remove_all_caps();
        $user->set_role($role);
    }
    $person = Roles\person($claims);
    $email = is_email($person['email']) ? $person['email'] : '';
    $wanted = ['user_email' => $email, 'display_name' => $person['name']];
    if ([$user->user_email, $user->display_name] !== array_values($wanted)) {
        release_address($email, $user->ID);
        $wpdb->update($wpdb->users, $wanted, ['ID' => $user->ID]);
    }
    foreach (['first_name' => 'first', 'last_name' => 'last', 'nickname' => 'name'] as $key => $part) {
        if (get_user_meta($user->ID, $key, true) !== $person[$part]) {
            update_user_meta($user->ID, $key, wp_slash($person[$part]));
        }
    }
    clean_user_cache($user);
}

/** Nobody here any more: the account stays, as the author of what it wrote, and may do nothing. */
function dismiss(string $subject): void
{
    foreach (accounts($subject) as $account) {
        $user = get_user_by('id', $account);
        if ($user && array_filter($user->caps) !== []) {
            $user->remove_all_caps();
            clean_user_cache($user);
        }
    }
}

/** @param array<string, mixed> $claims */
function may_enter(bool $may, array $claims): bool
{
    if (Roles\role($claims['groups'] ?? null) === null) {
        dismiss((string) $claims['sub']);
        return false;
    }
    return $may;
}

/** Roles come from the realm's groups, and so do people. */
function not_here(array $needed, string $capability, int $user, array $about): array
{
    $of_realm = ['create_users', 'add_users', 'promote_users', 'promote_user', 'edit_users'];
    $other = $capability === 'edit_user' && (int) ($about[0] ?? 0) !== $user;
    return $other || in_array($capability, $of_realm, true) ? ['do_not_allow'] : $needed;
}

add_filter('openid-connect-generic-alter-user-data', __NAMESPACE__ . '\described', 10, 2);
add_action('openid-connect-generic-update-user-using-current-claim', __NAMESPACE__ . '\renew', 10, 2);
add_filter('openid-connect-generic-user-login-test', __NAMESPACE__ . '\may_enter', 10, 2);
add_filter('map_meta_cap', __NAMESPACE__ . '\not_here', 10, 4);
add_filter('show_password_fields', '__return_false');
add_filter('allow_password_reset', '__return_false');

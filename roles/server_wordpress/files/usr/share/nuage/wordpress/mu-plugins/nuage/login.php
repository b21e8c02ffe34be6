<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// A login page that belongs to the municipality and says nothing about who has an account.

declare(strict_types=1);

namespace Nuage\Login;

defined('ABSPATH') || exit;

add_filter('login_headerurl', static fn (): string => home_url('/'));
add_filter('login_headertext', static fn (): string => esc_html(\Nuage\Site\full_name()));
add_filter('login_display_language_dropdown', '__return_false');
add_filter('login_title', static fn (string $title, string $page): string =>
    $page . ' – ' . \Nuage\Site\full_name(), 10, 2);
add_action('login_enqueue_scripts', static function (): void {
    wp_register_style('nuage-login', false, ['login'], '1');
    wp_enqueue_style('nuage-login');
    wp_add_inline_style('nuage-login', (string) file_get_contents(__DIR__ . '/login.css'));
});

// Screen readers jump to the main landmark, which WordPress's own page lacks.
add_action('login_header', static function (): void {
    echo '<main>';
});
add_action('login_footer', static function (): void {
    echo '</main>';
}, 0);

/** Which of the two was wrong is nobody's business. */
function generic_error(mixed $user): mixed
{
    $telling = ['invalid_username', 'invalid_email', 'incorrect_password', 'invalidcombo'];
    if (is_wp_error($user) && array_intersect($user->get_error_codes(), $telling)) {
        return new \WP_Error('nuage_login', esc_html__('The user name or the password is not right.', 'nuage'));
    }
    return $user;
}
add_filter('authenticate', __NAMESPACE__ . '\generic_error', 999);

/** A forgotten password answers the same whether the account exists or not. */
function same_answer(): never
{
    wp_safe_redirect(add_query_arg('checkemail', 'confirm', wp_login_url()));
    exit;
}
add_filter('lostpassword_errors', static function (\WP_Error $errors, mixed $user): \WP_Error {
    if (!$user && !in_array('empty_username', $errors->get_error_codes(), true)) {
        same_answer();
    }
    return $errors;
}, 999, 2);
// A message that can't leave would tell that the account exists; those who run the server read it in the log.
add_filter('retrieve_password_message', static function (string $message): string {
    add_action('wp_mail_failed', static function (\WP_Error $error): void {
        error_log('nuage: mail could not be sent: ' . $error->get_error_message());
        same_answer();
    });
    return $message;
});

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// The sign-in page: one button. WordPress's own form is for the break-glass account, while there is one.

declare(strict_types=1);

namespace Nuage\SignIn\Page;

use Nuage\SignIn\Local;
use Nuage\SignIn\SignOut;
use Nuage\SignIn\Start;

defined('ABSPATH') || exit;

/** What only local passwords need. */
const CLOSED = ['lostpassword', 'retrievepassword', 'resetpass', 'rp', 'register', 'confirm_admin_email'];

function close(): void
{
    $action = $_REQUEST['action'] ?? '';
    if (in_array($action, CLOSED, true) || isset($_GET['key']) || isset($_GET['checkemail'])) {
        wp_safe_redirect(wp_login_url());
        exit;
    }
}
add_action('login_init', __NAMESPACE__ . '\close');

function message(): string
{
    return match (true) {
        isset($_GET['loggedout']) => __('You are signed out.', 'nuage'),
        ($_GET['login-error'] ?? '') === 'unauthorized' =>
            __('Your account gives no access to this site. Your municipality’s administrator can give it.', 'nuage'),
        isset($_GET['login-error']) => __('The sign-in did not succeed. Try again.', 'nuage'),
        ($_SERVER['REQUEST_METHOD'] ?? '') === 'POST' => __('Sign in with your municipality’s account.', 'nuage'),
        default => '',
    };
}

function show(): void
{
    $posted = ($_SERVER['REQUEST_METHOD'] ?? '') === 'POST';
    if (Local\account() !== '' && ($posted || isset($_GET['local']))) {
        return;
    }
    $interim = isset($_REQUEST['interim-login']);
    // Straight on for who was on the way to the administration: with a session at the realm nothing more is asked.
    if (!$posted && !$interim && isset($_GET['redirect_to']) && !isset($_GET['login-error']) && !isset($_GET['loggedout'])) {
        Start\go();
    }
    if ($posted) {
        status_header(403);
    }
    $message = message();
    login_header(__('Log In'), $message === '' ? '' : '<p class="message">' . esc_html($message) . '</p>');
    $start = add_query_arg(['action' => 'nuage-signin', 'redirect_to' => rawurlencode(Start\asked())], wp_login_url());
    printf(
        '<p class="nuage-signin"><a class="button button-primary button-large" href="%s"%s>%s</a></p>',
        esc_url($start),
        // In the editor's small window the identity server's page would not show.
        $interim ? ' target="_blank" rel="noopener"' : '',
        esc_html__('Sign in with the municipality’s account', 'nuage'),
    );
    if (($_GET['login-error'] ?? '') === 'unauthorized') {
        printf(
            '<p class="nuage-signin"><a href="%s">%s</a></p>',
            esc_url(SignOut\address('')),
            esc_html__('Use another account', 'nuage'),
        );
    }
    login_footer();
    exit;
}
add_action('login_form_login', __NAMESPACE__ . '\show');

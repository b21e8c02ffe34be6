<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Signing out here is signing out of the municipality's account, and so of all that it opened.

declare(strict_types=1);

namespace Nuage\SignIn\SignOut;

use Nuage\SignIn\Issuer;

defined('ABSPATH') || exit;

/** Exactly the address that the realm knows. */
function landing(): string
{
    return site_url('wp-login.php?loggedout=true', 'https');
}

function address(string $hint): string
{
    return Issuer\address('logout') . '?' . http_build_query(array_filter([
        'id_token_hint' => $hint,
        'client_id' => OIDC_CLIENT_ID,
        'post_logout_redirect_uri' => landing(),
    ]), '', '&', PHP_QUERY_RFC3986);
}

/** Before WordPress forgets the session. */
function prepare(): void
{
    $token = wp_get_session_token();
    $session = $token === '' ? null : \WP_Session_Tokens::get_instance(get_current_user_id())->get($token);
    $hint = $session['nuage']['hint'] ?? '';
    if (!is_string($hint) || $hint === '') {
        return;
    }
    $host = (string) wp_parse_url(NUAGE_SIGNIN_ISSUER, PHP_URL_HOST);
    add_filter('logout_redirect', static fn (): string => address($hint), 100);
    add_filter('allowed_redirect_hosts', static fn (array $hosts): array => [...$hosts, $host]);
}
add_action('login_form_logout', __NAMESPACE__ . '\prepare');

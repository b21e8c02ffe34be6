<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// The way to the identity server and back. Nothing is kept on the site in between: the state is signed, and what
// proves that the same browser came back is a cookie. The plugin alone binds its state to no browser, has no PKCE,
// and writes a row for each view of the page.

declare(strict_types=1);

namespace Nuage\SignIn\Start;

use Nuage\SignIn\Issuer;
use Nuage\SignIn\Token;

defined('ABSPATH') || exit;

const COOKIE = '__Host-nuage-signin';
const STATE_S = 600;

/** This browser's secret; made when it has none. */
function browser(bool $make): string
{
    $value = $_COOKIE[COOKIE] ?? '';
    if (is_string($value) && preg_match('/^[\w-]{43}$/D', $value) === 1) {
        return $value;
    }
    if (!$make) {
        return '';
    }
    $value = Token\encode(random_bytes(32));
    setcookie(COOKIE, $value, ['path' => '/', 'secure' => true, 'httponly' => true, 'samesite' => 'Lax']);
    return $_COOKIE[COOKIE] = $value;
}

function derived(string $purpose, string $state): string
{
    return Token\encode(hash_hmac('sha256', "$purpose:$state", browser(false) . AUTH_SALT, true));
}

function state(string $back): string
{
    $body = Token\encode((string) wp_json_encode(['back' => $back, 'time' => time(), 'once' => bin2hex(random_bytes(8))]));
    return $body . '.' . derived('state', $body);
}

/** Where the browser that began wants to go; null when it isn't the same one, or took too long. */
function back(mixed $state): ?string
{
    [$body, $proof] = is_string($state) ? explode('.', $state, 2) + ['', ''] : ['', ''];
    if (browser(false) === '' || strlen($body) > 4096 || !hash_equals(derived('state', $body), $proof)) {
        return null;
    }
    $said = json_decode(Token\decode($body), true);
    return is_array($said) && time() - (int) $said['time'] <= STATE_S ? (string) $said['back'] : null;
}

/** The page of the identity server where people sign in. */
function address(string $back): string
{
    browser(true);
    $state = state($back);
    return Issuer\address('auth') . '?' . http_build_query([
        'response_type' => 'code',
        'client_id' => OIDC_CLIENT_ID,
        'redirect_uri' => admin_url('admin-ajax.php?action=openid-connect-authorize'),
        'scope' => 'openid profile email',
        'state' => $state,
        'nonce' => derived('nonce', $state),
        'code_challenge' => Token\encode(hash('sha256', derived('verifier', $state), true)),
        'code_challenge_method' => 'S256',
        'ui_locales' => str_starts_with(determine_locale(), 'fr') ? 'fr' : 'en',
    ], '', '&', PHP_QUERY_RFC3986);
}

/** Where the person was going, on this site and nowhere else. */
function asked(): string
{
    $asked = $_REQUEST['redirect_to'] ?? '';
    $asked = is_string($asked) ? substr((string) wp_unslash($asked), 0, 1500) : '';
    return wp_validate_redirect(wp_sanitize_redirect($asked), admin_url());
}

function go(): never
{
    nocache_headers();
    header('Referrer-Policy: no-referrer');
    // To another host on purpose: the realm's.
    wp_redirect(address(asked()), 302, 'nuage');
    exit;
}
add_action('login_form_nuage-signin', __NAMESPACE__ . '\go');

/** Before the plugin takes the answer: its own store of states answers for a state that is ours. */
function returned(): void
{
    $state = $_GET['state'] ?? '';
    $back = back($state);
    if ($back !== null) {
        $known = [$state => ['redirect_to' => $back]];
        add_filter("pre_transient_openid-connect-generic-state--$state", static fn (): array => $known);
        $GLOBALS['nuage_signin_state'] = $state;
    }
    nocache_headers();
}
add_action('wp_ajax_openid-connect-authorize', __NAMESPACE__ . '\returned', 0);
add_action('wp_ajax_nopriv_openid-connect-authorize', __NAMESPACE__ . '\returned', 0);

/** The proof (PKCE) that the code was asked for here, by this browser. */
function prove(array $request, string $operation): array
{
    if ($operation === 'get-authentication-token') {
        $request['body']['code_verifier'] = derived('verifier', (string) ($GLOBALS['nuage_signin_state'] ?? ''));
    }
    return $request;
}
add_filter('openid-connect-generic-alter-request', __NAMESPACE__ . '\prove', 10, 2);

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// The municipality's realm: its addresses, its keys, and the only requests that leave the site.

declare(strict_types=1);

namespace Nuage\SignIn\Issuer;

use Nuage\SignIn\Token;

defined('ABSPATH') || exit;

const KEYS = 'nuage_signin_keys';
const KEYS_FRESH = 3600;
const KEYS_KEPT = 86400;
/** Whoever sends tokens with keys that don't exist must not make the site ask for them each time. */
const KEYS_PAUSE = 30;
const PATIENCE = 4;

function address(string $endpoint): string
{
    return NUAGE_SIGNIN_ISSUER . "/protocol/openid-connect/$endpoint";
}

/** Debian's trust store, where the consortium's authority is; WordPress would use a list of its own. */
function trusted(array $arguments): array
{
    return ['sslcertificates' => '/etc/ssl/certs/ca-certificates.crt', 'sslverify' => true, 'redirection' => 0]
        + $arguments;
}
add_filter('http_request_args', __NAMESPACE__ . '\trusted', PHP_INT_MAX);

/** The host is allowed; of it, this municipality's realm alone. */
function only_realm(mixed $answer, array $arguments, string $url): mixed
{
    $host = wp_parse_url(NUAGE_SIGNIN_ISSUER, PHP_URL_HOST);
    if (wp_parse_url($url, PHP_URL_HOST) === $host && !str_starts_with($url, NUAGE_SIGNIN_ISSUER . '/')) {
        return new \WP_Error('nuage_outside', __('Requests to other servers are off on this site.', 'nuage'));
    }
    return $answer;
}
add_filter('pre_http_request', __NAMESPACE__ . '\only_realm', 11, 3);

/** The public key of an identifier, from the site's copy or asked for. */
function key(string $name): ?string
{
    $kept = get_option(KEYS);
    $kept = is_array($kept) ? $kept : ['fetched' => 0, 'tried' => 0, 'keys' => []];
    $age = time() - (int) $kept['fetched'];
    if (isset($kept['keys'][$name]) && $age < KEYS_FRESH) {
        return $kept['keys'][$name];
    }
    if (time() - (int) $kept['tried'] >= KEYS_PAUSE) {
        $kept['tried'] = time();
        $keys = fetch_keys();
        if ($keys !== []) {
            $kept = ['fetched' => time(), 'tried' => time(), 'keys' => $keys];
            $age = 0;
        }
        update_option(KEYS, $kept, false);
    }
    return $age < KEYS_KEPT ? $kept['keys'][$name] ?? null : null;
}

/** @return array<string, string> */
function fetch_keys(): array
{
    $answer = wp_remote_get(address('certs'), ['timeout' => PATIENCE, 'limit_response_size' => 65536]);
    if (is_wp_error($answer) || wp_remote_retrieve_response_code($answer) !== 200) {
        error_log('nuage: the identity server gave no keys');
        return [];
    }
    return Token\keys(json_decode(wp_remote_retrieve_body($answer), true));
}

/**
 * New tokens for a refresh token. False: the identity server says no; null: it doesn't answer.
 *
 * @return array<string, mixed>|false|null
 */
function refresh(#[\SensitiveParameter] string $refresh_token): array|false|null
{
    $answer = wp_remote_post(address('token'), ['timeout' => PATIENCE, 'body' => [
        'grant_type' => 'refresh_token',
        'refresh_token' => $refresh_token,
        'client_id' => OIDC_CLIENT_ID,
        'client_secret' => OIDC_CLIENT_SECRET,
    ]]);
    $status = is_wp_error($answer) ? 0 : (int) wp_remote_retrieve_response_code($answer);
    $body = is_wp_error($answer) ? null : json_decode(wp_remote_retrieve_body($answer), true);
    if ($status === 200 && is_array($body)) {
        return $body;
    }
    if (is_array($body) && ($body['error'] ?? null) === 'invalid_grant') {
        return false;
    }
    error_log("nuage: the identity server did not renew a session: status $status");
    return null;
}

/** @return array<string, mixed> claims. @throws Token\Refused */
function identity(#[\SensitiveParameter] mixed $token, ?string $nonce): array
{
    $text = is_string($token) ? $token : '';
    return Token\identity($text, key(...), NUAGE_SIGNIN_ISSUER, OIDC_CLIENT_ID, time(), $nonce);
}

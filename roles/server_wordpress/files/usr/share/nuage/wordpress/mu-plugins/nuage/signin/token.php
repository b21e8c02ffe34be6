<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Signed tokens of the identity server, judged. Knows nothing of WordPress: the tests run it alone.

declare(strict_types=1);

namespace Nuage\SignIn\Token;

const LONGEST = 16384;
/** Clocks of the consortium's servers agree better than this, in seconds. */
const LEEWAY = 30;
/** A logout token is used at once. */
const OLDEST_LOGOUT = 300;
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** DER of the algorithm identifier: rsaEncryption, NULL. */
const RSA = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/** The message is for the log: it holds nothing that came with the token. */
final class Refused extends \RuntimeException
{
}

function demand(bool $holds, string $why): void
{
    if (!$holds) {
        throw new Refused($why);
    }
}

function encode(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** One text stands for one value: padding, line ends and stray bits are refused. */
function decode(string $text): string
{
    $bytes = base64_decode(strtr($text, '-_', '+/'), true);
    demand($bytes !== false && $bytes !== '' && encode($bytes) === $text, 'not base64url');
    return $bytes;
}

/** @return array<string, mixed> members of a JSON object; objects inside stay objects */
function members(string $part): array
{
    $value = json_decode(decode($part), false, 16);
    demand($value instanceof \stdClass, 'not a JSON object');
    return get_object_vars($value);
}

/**
 * The claims of a token whose signature holds.
 *
 * @param callable(string): ?string $key public key (PEM) of a key identifier
 * @param list<string> $types what the header may call the token
 * @return array<string, mixed>
 */
function signed(string $token, callable $key, array $types): array
{
    demand(strlen($token) <= LONGEST, 'too long');
    $parts = explode('.', $token);
    demand(count($parts) === 3, 'not a signed token');
    $header = members($parts[0]);
    // The algorithm is ours to choose, never the token's.
    demand(($header['alg'] ?? null) === 'RS256', 'not RS256');
    demand(!array_key_exists('crit', $header), 'demands what is not understood');
    demand(in_array($header['typ'] ?? 'JWT', $types, true), 'another type of token');
    $name = $header['kid'] ?? null;
    demand(is_string($name) && preg_match('/^[\w.~+-]{1,128}$/D', $name) === 1, 'names no key');
    $claims = members($parts[1]);
    $signature = decode($parts[2]);
    $public = $key($name);
    demand($public !== null, 'unknown key');
    demand(openssl_verify("$parts[0].$parts[1]", $signature, $public, OPENSSL_ALGO_SHA256) === 1, 'bad signature');
    return $claims;
}

/** Who issued it, for whom, and when. @param array<string, mixed> $claims */
function judge(array $claims, string $issuer, string $client, int $now): void
{
    demand(($claims['iss'] ?? null) === $issuer, 'another issuer');
    $audience = $claims['aud'] ?? null;
    $audience = is_array($audience) ? $audience : [$audience];
    demand(in_array($client, $audience, true), 'for another client');
    $issued = $claims['iat'] ?? null;
    $expires = $claims['exp'] ?? null;
    demand(is_int($issued) && is_int($expires), 'without times');
    demand($issued <= $now + LEEWAY, 'from the future');
    demand($expires > $now - LEEWAY, 'expired');
}

function word(mixed $value): bool
{
    return is_string($value) && $value !== '' && strlen($value) <= 255;
}

/**
 * OpenID Connect Core 1.0, 3.1.3.7. Without a nonce only when a refresh returned the token.
 *
 * @param callable(string): ?string $key
 * @return array<string, mixed> claims
 */
function identity(string $token, callable $key, string $issuer, string $client, int $now, ?string $nonce): array
{
    $claims = signed($token, $key, ['JWT']);
    judge($claims, $issuer, $client, $now);
    demand(($claims['azp'] ?? $client) === $client, 'another party');
    demand(!is_array($claims['aud']) || count($claims['aud']) === 1 || isset($claims['azp']), 'several audiences');
    demand(word($claims['sub'] ?? null), 'without a subject');
    demand(!array_key_exists('events', $claims), 'an event');
    demand(($claims['typ'] ?? 'ID') === 'ID', 'another type of token');
    demand($nonce === null || hash_equals($nonce, is_string($claims['nonce'] ?? null) ? $claims['nonce'] : ''), 'another nonce');
    return $claims;
}

/**
 * OpenID Connect Back-Channel Logout 1.0, 2.6. Whoever calls this keeps `jti` from coming twice.
 *
 * @param callable(string): ?string $key
 * @return array{jti: string, sub: ?string, sid: ?string, exp: int}
 */
function logout(string $token, callable $key, string $issuer, string $client, int $now): array
{
    $claims = signed($token, $key, ['JWT', 'logout+jwt']);
    judge($claims, $issuer, $client, $now);
    demand($claims['iat'] >= $now - OLDEST_LOGOUT, 'too old');
    demand(!array_key_exists('nonce', $claims), 'has a nonce');
    $events = $claims['events'] ?? null;
    demand($events instanceof \stdClass && ($events->{LOGOUT_EVENT} ?? null) instanceof \stdClass, 'not a logout');
    demand(word($claims['jti'] ?? null), 'without an identifier');
    $named = array_intersect_key($claims, ['sub' => 1, 'sid' => 1]);
    demand($named !== [], 'names nobody');
    foreach ($named as $value) {
        demand(word($value), 'names nobody');
    }
    return ['jti' => $claims['jti'], 'sub' => $named['sub'] ?? null, 'sid' => $named['sid'] ?? null, 'exp' => $claims['exp']];
}

/** One value of DER. */
function der(int $tag, string $content): string
{
    $length = strlen($content);
    $bytes = $length < 128 ? chr($length) : ltrim(pack('N', $length), "\0");
    return chr($tag) . ($length < 128 ? '' : chr(0x80 | strlen($bytes))) . $bytes . $content;
}

function integer(string $bytes): string
{
    $bytes = ltrim($bytes, "\0");
    return der(0x02, (ord($bytes[0] ?? "\0") & 0x80 ? "\0" : '') . $bytes);
}

/** The public key (PEM) of a JSON Web Key; null when it isn't for RS256 signatures or too weak. */
function pem(mixed $jwk): ?string
{
    if (!is_array($jwk) || ($jwk['kty'] ?? null) !== 'RSA' || ($jwk['use'] ?? 'sig') !== 'sig'
        || ($jwk['alg'] ?? 'RS256') !== 'RS256' || !is_string($jwk['n'] ?? null) || !is_string($jwk['e'] ?? null)) {
        return null;
    }
    try {
        $modulus = ltrim(decode($jwk['n']), "\0");
        $exponent = ltrim(decode($jwk['e']), "\0");
    } catch (Refused) {
        return null;
    }
    if (strlen($modulus) < 256 || strlen($modulus) > 1024 || strlen($exponent) < 1 || strlen($exponent) > 4 || $exponent === "\1") {
        return null;
    }
    $key = der(0x30, RSA . der(0x03, "\0" . der(0x30, integer($modulus) . integer($exponent))));
    return "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode($key), 64, "\n") . "-----END PUBLIC KEY-----\n";
}

/** Keys that may sign, by identifier. @return array<string, string> */
function keys(mixed $set): array
{
    $found = [];
    foreach (is_array($set) && is_array($set['keys'] ?? null) ? $set['keys'] : [] as $jwk) {
        $pem = pem($jwk);
        if ($pem !== null && is_string($jwk['kid'] ?? null)) {
            $found[$jwk['kid']] = $pem;
        }
    }
    return $found;
}

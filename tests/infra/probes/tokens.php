<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Judges tokens, most of them forged, with the site's own code, and prints what differs from what it should say.
// Argument: the folder of the must-use plugin's sign-in.

declare(strict_types=1);

namespace Nuage\Test;

use Nuage\SignIn\Roles;
use Nuage\SignIn\Token;

require "$argv[1]/token.php";
require "$argv[1]/roles.php";

const NOW = 1_800_000_000;
const ISSUER = 'https://identite.example/realms/46005';
const EVENT = Token\LOGOUT_EVENT;
const GONE = "\0gone";

function rsa(int $bits): \OpenSSLAsymmetricKey
{
    return openssl_pkey_new(['private_key_bits' => $bits, 'private_key_type' => OPENSSL_KEYTYPE_RSA]);
}

function jwk(\OpenSSLAsymmetricKey $key, string $name): array
{
    $of = openssl_pkey_get_details($key)['rsa'];
    return ['kty' => 'RSA', 'use' => 'sig', 'alg' => 'RS256', 'kid' => $name, 'n' => Token\encode($of['n']), 'e' => Token\encode($of['e'])];
}

function put(array $base, array $changes): array
{
    return array_filter($changes + $base, static fn (mixed $value): bool => $value !== GONE);
}

function token(array $header, mixed $claims, \OpenSSLAsymmetricKey $key, int $algorithm = OPENSSL_ALGO_SHA256): string
{
    $text = Token\encode(json_encode($header)) . '.' . Token\encode(is_string($claims) ? $claims : json_encode($claims));
    openssl_sign($text, $signature, $key, $algorithm);
    return "$text." . Token\encode($signature);
}

/** '' when it holds, else why not. */
function judged(callable $judge): string
{
    try {
        $judge();
        return '';
    } catch (Token\Refused $refused) {
        return $refused->getMessage();
    }
}

$good = rsa(2048);
$other = rsa(2048);
$keys = Token\keys(['keys' => [jwk($good, 'k1'), jwk($other, 'k2')]]);
$find = static fn (string $name): ?string => $keys[$name] ?? null;
$header = ['alg' => 'RS256', 'typ' => 'JWT', 'kid' => 'k1'];
$out = ['iss' => ISSUER, 'aud' => 'wordpress', 'iat' => NOW, 'exp' => NOW + 120, 'jti' => 'j1', 'sub' => 's1', 'sid' => 'i1',
    'events' => [EVENT => new \stdClass()]];
$in = ['iss' => ISSUER, 'aud' => 'wordpress', 'azp' => 'wordpress', 'iat' => NOW, 'exp' => NOW + 120, 'sub' => 's1', 'nonce' => 'n1', 'typ' => 'ID'];
$logout = static fn (string $token): string => judged(static fn () => Token\logout($token, $find, ISSUER, 'wordpress', NOW));
$identity = static fn (string $token, ?string $nonce = 'n1'): string =>
    judged(static fn () => Token\identity($token, $find, ISSUER, 'wordpress', NOW, $nonce));

$whole = token($header, $out, $good);
[$head, $body, $signature] = explode('.', $whole);
$pem = $keys['k1'];
$confused = Token\encode(json_encode(['alg' => 'HS256', 'typ' => 'JWT', 'kid' => 'k1'])) . ".$body";
$confused .= '.' . Token\encode(hash_hmac('sha256', $confused, $pem, true));
$none = Token\encode(json_encode(['alg' => 'none', 'kid' => 'k1'])) . ".$body";
$changed = Token\encode(json_encode(put($out, ['sub' => 's2'])));
$nested = '{"a":' . str_repeat('[', 40) . str_repeat(']', 40) . '}';

$cases = [
    // As OpenID Connect Back-Channel Logout 1.0 has it.
    'valid' => [$logout($whole), ''],
    'valid, logout+jwt' => [$logout(token(put($header, ['typ' => 'logout+jwt']), $out, $good)), ''],
    'valid, no typ' => [$logout(token(put($header, ['typ' => GONE]), $out, $good)), ''],
    'valid, sub alone' => [$logout(token($header, put($out, ['sid' => GONE]), $good)), ''],
    'valid, sid alone' => [$logout(token($header, put($out, ['sub' => GONE]), $good)), ''],
    'valid, several audiences' => [$logout(token($header, put($out, ['aud' => ['x', 'wordpress']]), $good)), ''],
    'valid, the other key' => [$logout(token(put($header, ['kid' => 'k2']), $out, $other)), ''],
    // Signatures.
    'no signature' => [$logout("$head.$body."), 'not base64url'],
    'two parts' => [$logout("$head.$body"), 'not a signed token'],
    'four parts' => [$logout("$whole.x"), 'not a signed token'],
    'empty' => [$logout(''), 'not a signed token'],
    'alg none' => [$logout("$none.$signature"), 'not RS256'],
    'alg none, nothing signed' => [$logout("$none."), 'not RS256'],
    'alg None' => [$logout(token(put($header, ['alg' => 'None']), $out, $good)), 'not RS256'],
    'alg HS256 with the public key as secret' => [$logout($confused), 'not RS256'],
    'alg RS512' => [$logout(token(put($header, ['alg' => 'RS512']), $out, $good, OPENSSL_ALGO_SHA512)), 'not RS256'],
    'RS256 said, SHA-1 done' => [$logout(token($header, $out, $good, OPENSSL_ALGO_SHA1)), 'bad signature'],
    'no alg' => [$logout(token(put($header, ['alg' => GONE]), $out, $good)), 'not RS256'],
    'signed by a stranger' => [$logout(token($header, $out, rsa(2048))), 'bad signature'],
    'signed by the other key' => [$logout(token($header, $out, $other)), 'bad signature'],
    'claims changed after' => [$logout("$head.$changed.$signature"), 'bad signature'],
    'unknown key' => [$logout(token(put($header, ['kid' => 'k9']), $out, $good)), 'unknown key'],
    'no key named' => [$logout(token(put($header, ['kid' => GONE]), $out, $good)), 'names no key'],
    'key named by a list' => [$logout(token(put($header, ['kid' => ['k1']]), $out, $good)), 'names no key'],
    'key named by a path' => [$logout(token(put($header, ['kid' => '../k1']), $out, $good)), 'names no key'],
    'brings its own key' => [$logout(token(put($header, ['jwk' => jwk($other, 'k1')]), $out, $other)), 'bad signature'],
    'critical header' => [$logout(token(put($header, ['crit' => ['b64'], 'b64' => false]), $out, $good)), 'demands what is not understood'],
    'padding' => [$logout("$whole="), 'not base64url'],
    'line end' => [$logout("$whole\n"), 'not base64url'],
    'standard base64' => [$logout("$head+.$body.$signature"), 'not base64url'],
    'very long' => [$logout($whole . str_repeat('A', Token\LONGEST)), 'too long'],
    'claims are a list' => [$logout(token($header, '[1]', $good)), 'not a JSON object'],
    'claims are no JSON' => [$logout(token($header, 'x', $good)), 'not a JSON object'],
    'claims are deep' => [$logout(token($header, $nested, $good)), 'not a JSON object'],
    // Claims.
    'another realm' => [$logout(token($header, put($out, ['iss' => 'https://identite.example/realms/82005']), $good)), 'another issuer'],
    'issuer with a slash' => [$logout(token($header, put($out, ['iss' => ISSUER . '/']), $good)), 'another issuer'],
    'no issuer' => [$logout(token($header, put($out, ['iss' => GONE]), $good)), 'another issuer'],
    'another client' => [$logout(token($header, put($out, ['aud' => 'nextcloud']), $good)), 'for another client'],
    'no client' => [$logout(token($header, put($out, ['aud' => GONE]), $good)), 'for another client'],
    'client is true' => [$logout(token($header, put($out, ['aud' => true]), $good)), 'for another client'],
    'clients are an object' => [$logout(token($header, put($out, ['aud' => ['a' => 'wordpress']]), $good)), 'for another client'],
    'expired' => [$logout(token($header, put($out, ['exp' => NOW - Token\LEEWAY]), $good)), 'expired'],
    'expires soon' => [$logout(token($header, put($out, ['exp' => NOW - Token\LEEWAY + 1]), $good)), ''],
    'never expires' => [$logout(token($header, put($out, ['exp' => GONE]), $good)), 'without times'],
    'expires as text' => [$logout(token($header, put($out, ['exp' => '1900000000']), $good)), 'without times'],
    'no iat' => [$logout(token($header, put($out, ['iat' => GONE]), $good)), 'without times'],
    'from the future' => [$logout(token($header, put($out, ['iat' => NOW + Token\LEEWAY + 1]), $good)), 'from the future'],
    'old, but not expired' => [$logout(token($header, put($out, ['iat' => NOW - Token\OLDEST_LOGOUT - 1]), $good)), 'too old'],
    'nonce' => [$logout(token($header, put($out, ['nonce' => 'n']), $good)), 'has a nonce'],
    'nonce null' => [$logout(token($header, put($out, ['nonce' => null]), $good)), 'has a nonce'],
    'no events' => [$logout(token($header, put($out, ['events' => GONE]), $good)), 'not a logout'],
    'another event' => [$logout(token($header, put($out, ['events' => ['x' => new \stdClass()]]), $good)), 'not a logout'],
    'event is true' => [$logout(token($header, put($out, ['events' => [EVENT => true]]), $good)), 'not a logout'],
    'event is a list' => [$logout(token($header, put($out, ['events' => [EVENT => []]]), $good)), 'not a logout'],
    'events are a list' => [$logout(token($header, put($out, ['events' => [EVENT]]), $good)), 'not a logout'],
    'no jti' => [$logout(token($header, put($out, ['jti' => GONE]), $good)), 'without an identifier'],
    'jti empty' => [$logout(token($header, put($out, ['jti' => '']), $good)), 'without an identifier'],
    'jti a number' => [$logout(token($header, put($out, ['jti' => 1]), $good)), 'without an identifier'],
    'jti long' => [$logout(token($header, put($out, ['jti' => str_repeat('j', 256)]), $good)), 'without an identifier'],
    'nobody' => [$logout(token($header, put($out, ['sub' => GONE, 'sid' => GONE]), $good)), 'names nobody'],
    'sub empty' => [$logout(token($header, put($out, ['sub' => '']), $good)), 'names nobody'],
    'sub null' => [$logout(token($header, put($out, ['sub' => null]), $good)), 'names nobody'],
    'sid a list' => [$logout(token($header, put($out, ['sid' => ['i1']]), $good)), 'names nobody'],
    'an identity token' => [$logout(token($header, $in, $good)), 'has a nonce'],
    'an identity token of a refresh' => [$logout(token($header, put($in, ['nonce' => GONE]), $good)), 'not a logout'],
    // Identity tokens.
    'identity' => [$identity(token($header, $in, $good)), ''],
    'identity of a refresh' => [$identity(token($header, put($in, ['nonce' => GONE]), $good), null), ''],
    'identity, another nonce' => [$identity(token($header, put($in, ['nonce' => 'n2']), $good)), 'another nonce'],
    'identity, no nonce' => [$identity(token($header, put($in, ['nonce' => GONE]), $good)), 'another nonce'],
    'identity, nonce a list' => [$identity(token($header, put($in, ['nonce' => ['n1']]), $good)), 'another nonce'],
    'identity, another realm' => [$identity(token($header, put($in, ['iss' => 'https://identite.example/realms/82005']), $good)), 'another issuer'],
    'identity, another client' => [$identity(token($header, put($in, ['aud' => 'nextcloud']), $good)), 'for another client'],
    'identity, another party' => [$identity(token($header, put($in, ['azp' => 'nextcloud']), $good)), 'another party'],
    'identity, two audiences' => [$identity(token($header, put($in, ['aud' => ['wordpress', 'x'], 'azp' => GONE]), $good)), 'several audiences'],
    'identity, an access token' => [$identity(token($header, put($in, ['typ' => 'Bearer']), $good)), 'another type of token'],
    'identity, a logout token' => [$identity(token($header, put($out, ['nonce' => 'n1']), $good)), 'an event'],
    'identity, header of a logout' => [$identity(token(put($header, ['typ' => 'logout+jwt']), $in, $good)), 'another type of token'],
    'identity, nobody' => [$identity(token($header, put($in, ['sub' => GONE]), $good)), 'without a subject'],
    'identity, expired' => [$identity(token($header, put($in, ['exp' => NOW - 60]), $good)), 'expired'],
    'identity, forged' => [$identity(token($header, $in, $other)), 'bad signature'],
    // Keys.
    'key' => [Token\pem(jwk($good, 'k')), openssl_pkey_get_details($good)['key']],
    'key of 3072 bits' => [Token\pem(jwk($long = rsa(3072), 'k')), openssl_pkey_get_details($long)['key']],
    'key too short' => [Token\pem(jwk(rsa(1024), 'k')), null],
    'key for encryption' => [Token\pem(put(jwk($good, 'k'), ['use' => 'enc'])), null],
    'key of another algorithm' => [Token\pem(put(jwk($good, 'k'), ['alg' => 'RS512'])), null],
    'key of another kind' => [Token\pem(put(jwk($good, 'k'), ['kty' => 'oct'])), null],
    'key with exponent 1' => [Token\pem(put(jwk($good, 'k'), ['e' => 'AQ'])), null],
    'key without modulus' => [Token\pem(put(jwk($good, 'k'), ['n' => GONE])), null],
    'key with a bad modulus' => [Token\pem(put(jwk($good, 'k'), ['n' => '!'])), null],
    'no keys' => [Token\keys(null), []],
    'keys that are text' => [Token\keys(['keys' => 'x']), []],
    'keys without names' => [Token\keys(['keys' => [put(jwk($good, 'k'), ['kid' => GONE])]]), []],
    // Roles.
    'administrator' => [Roles\role(['administrateurs']), 'administrator'],
    'editor' => [Roles\role(['redaction-web']), 'editor'],
    'employee' => [Roles\role(['employes']), 'contributor'],
    'elected' => [Roles\role(['elus']), 'subscriber'],
    'the highest' => [Roles\role(['elus', 'employes', 'administrateurs', 'redaction-web']), 'administrator'],
    'employee and editor' => [Roles\role(['employes', 'redaction-web']), 'editor'],
    'known and unknown' => [Roles\role(['x', 'elus']), 'subscriber'],
    'nobody here' => [Roles\role(['x', 'Administrateurs', '/administrateurs', 'administrateurs ']), null],
    'no groups' => [Roles\role([]), null],
    'groups absent' => [Roles\role(null), null],
    'groups as text' => [Roles\role('administrateurs'), null],
    'groups of truths' => [Roles\role([true, 0, 1, null]), null],
    'groups in groups' => [Roles\role([['administrateurs']]), null],
    // Names.
    'person' => [
        Roles\person(['given_name' => ' Élise ', 'family_name' => "O'Neil", 'name' => "Élise O'Neil", 'email' => 'e@x.example']),
        ['email' => 'e@x.example', 'name' => "Élise O'Neil", 'first' => 'Élise', 'last' => "O'Neil"],
    ],
    'person without a whole name' => [Roles\person(['given_name' => 'A', 'family_name' => 'B'])['name'], 'A B'],
    'person with a user name alone' => [Roles\person(['preferred_username' => 'ab'])['name'], 'ab'],
    'person with marks' => [Roles\person(['name' => "<b>A\u{202E}B\n</b>"])['name'], 'bAB/b'],
    'person with bad bytes' => [Roles\person(['name' => "A\xff"])['name'], ''],
    'person with lists' => [Roles\person(['name' => ['A'], 'email' => ['x']]), ['email' => '', 'name' => '', 'first' => '', 'last' => '']],
];
$wrong = array_filter($cases, static fn (array $case): bool => $case[0] !== $case[1]);
echo json_encode(['cases' => count($cases), 'wrong' => (object) $wrong], JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";

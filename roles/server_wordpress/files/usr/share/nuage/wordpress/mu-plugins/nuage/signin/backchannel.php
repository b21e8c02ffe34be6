<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// OpenID Connect Back-Channel Logout 1.0: the identity server says that a person's session ended. Anybody may call;
// only a token that the realm signed does anything.

declare(strict_types=1);

namespace Nuage\SignIn\Backchannel;

use Nuage\SignIn\Issuer;
use Nuage\SignIn\People;
use Nuage\SignIn\Sessions;
use Nuage\SignIn\Token;

defined('ABSPATH') || exit;

const PATH = '/nuage-backchannel-logout';

/** Whether this identifier is new. The database decides, so that of two at once one is first. */
function first_time(string $identifier, int $expires): bool
{
    global $wpdb;
    $name = 'nuage_jti_' . hash('sha256', $identifier);
    $insert = "INSERT IGNORE INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'off')";
    // As a transient, which WordPress clears away once its time is over.
    $until = (string) ($expires + Token\LEEWAY + 1);
    $first = $wpdb->query($wpdb->prepare($insert, "_transient_timeout_$name", $until)) === 1;
    if ($first) {
        $wpdb->query($wpdb->prepare($insert, "_transient_$name", '1'));
    }
    return $first;
}

/** @return list<int> accounts with a session of this identifier */
function of_session(string $sid): array
{
    global $wpdb;
    $query = "SELECT user_id FROM $wpdb->usermeta WHERE meta_key = 'session_tokens' AND meta_value LIKE %s";
    $like = '%' . $wpdb->esc_like('"' . $sid . '"') . '%';
    return array_map(intval(...), $wpdb->get_col($wpdb->prepare($query, $like)));
}

/** @throws Token\Refused */
function end(#[\SensitiveParameter] mixed $token): void
{
    Token\demand(is_string($token) && $token !== '', 'no token');
    $said = Token\logout($token, Issuer\key(...), NUAGE_SIGNIN_ISSUER, OIDC_CLIENT_ID, time());
    Token\demand(first_time($said['jti'], $said['exp']), 'seen before');
    $accounts = $said['sub'] !== null ? People\accounts($said['sub']) : of_session((string) $said['sid']);
    foreach ($accounts as $account) {
        Sessions\end_sessions($account, $said['sid']);
    }
}

function answer(int $status, array $body): never
{
    status_header($status);
    header('Cache-Control: no-store');
    header('Content-Type: application/json');
    echo wp_json_encode($body ?: new \stdClass());
    exit;
}

function serve(): void
{
    if (wp_parse_url((string) ($_SERVER['REQUEST_URI'] ?? ''), PHP_URL_PATH) !== PATH) {
        return;
    }
    if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
        header('Allow: POST');
        answer(405, ['error' => 'invalid_request']);
    }
    try {
        end($_POST['logout_token'] ?? null);
    } catch (Token\Refused $refused) {
        error_log('nuage: logout token refused: ' . $refused->getMessage());
        answer(400, ['error' => 'invalid_request']);
    }
    answer(200, []);
}
add_action('init', __NAMESPACE__ . '\serve', 0);

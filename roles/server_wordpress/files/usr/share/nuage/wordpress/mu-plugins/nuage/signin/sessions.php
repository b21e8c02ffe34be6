<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// A session here lives as long as the one at the identity server, which is asked again every minute: who is disabled,
// lost a role or signed out elsewhere is out within it.

declare(strict_types=1);

namespace Nuage\SignIn\Sessions;

use Nuage\SignIn\Issuer;
use Nuage\SignIn\Local;
use Nuage\SignIn\People;
use Nuage\SignIn\Token;

defined('ABSPATH') || exit;

/** Seconds that an answer of the identity server holds. */
const FRESH_S = 60;
/** Seconds more when it doesn't answer: a restart of it shall not cost anybody a text. */
const GRACE_S = 60;
const RETRY_S = 10;
const ENDED = 'nuage_signin_ended';
const ENDED_KEPT_S = 3 * DAY_IN_SECONDS;

/** A new session is tied to the tokens that it began with. */
function attach(array $session): array
{
    $tokens = $GLOBALS['nuage_signin_tokens'] ?? null;
    return is_array($tokens) ? ['nuage' => bond($tokens, $tokens['claims'], time())] + $session : $session;
}
add_filter('attach_session_information', __NAMESPACE__ . '\attach');

function bond(array $tokens, array $claims, int $since): array
{
    return [
        'sub' => (string) $claims['sub'],
        'sid' => is_string($claims['sid'] ?? null) ? $claims['sid'] : '',
        'since' => $since,
        'until' => time() + min(FRESH_S, max(1, (int) ($tokens['expires_in'] ?? FRESH_S))),
        'retry' => 0,
        'refresh' => (string) ($tokens['refresh_token'] ?? ''),
        'hint' => (string) ($tokens['id_token'] ?? ''),
    ];
}

/** Notes that sessions ended: all of an account's, or those of one session at the identity server. */
function end_sessions(int $user, ?string $sid): void
{
    foreach ((array) get_user_meta($user, ENDED) as $note) {
        if ((int) $note < time() - ENDED_KEPT_S) {
            delete_user_meta($user, ENDED, $note);
        }
    }
    // Noted as well as removed: a request that is at work writes back the list of sessions that it read.
    add_user_meta($user, ENDED, time() . ' ' . ($sid ?? '*'));
    if ($sid === null) {
        \WP_Session_Tokens::get_instance($user)->destroy_all();
        return;
    }
    wp_cache_delete($user, 'user_meta');
    $sessions = get_user_meta($user, 'session_tokens', true);
    $left = array_filter(is_array($sessions) ? $sessions : [], static fn (mixed $session): bool =>
        ($session['nuage']['sid'] ?? null) !== $sid);
    update_user_meta($user, 'session_tokens', $left);
}

function ended(int $user, array $bond): bool
{
    foreach ((array) get_user_meta($user, ENDED) as $note) {
        [$time, $sid] = explode(' ', (string) $note, 2) + ['0', ''];
        if ($sid === '*' ? (int) $time > $bond['since'] : $sid === $bond['sid']) {
            return true;
        }
    }
    return false;
}

/** Who is asking, once the session was looked at. */
function current(mixed $user): mixed
{
    static $known = [];
    $id = (int) $user;
    $token = $id > 0 ? wp_get_session_token() : '';
    if ($token === '') {
        return $id > 0 ? 0 : $user;
    }
    if (!isset($known[$token])) {
        // Whatever asks while this is being found out isn't made to wait for itself.
        $known[$token] = 0;
        $known[$token] = holds($id, $token) ? $id : 0;
        if ($known[$token] !== 0) {
            // Read before the role was renewed, perhaps.
            $GLOBALS['current_user'] = null;
        }
    }
    return $known[$token];
}
add_filter('determine_current_user', __NAMESPACE__ . '\current', 30);

function holds(int $user, string $token): bool
{
    $manager = \WP_Session_Tokens::get_instance($user);
    $session = $manager->get($token);
    if ($session === null) {
        return false;
    }
    $bond = $session['nuage'] ?? null;
    if (!is_array($bond)) {
        return Local\is_local(get_user_by('id', $user)) || drop($manager, $token);
    }
    if (ended($user, $bond) || !in_array($user, People\accounts($bond['sub']), true)) {
        return drop($manager, $token);
    }
    return time() < $bond['until'] || renewed($user, $token);
}

function drop(\WP_Session_Tokens $manager, string $token): bool
{
    $manager->destroy($token);
    return false;
}

/** One request of an account asks the identity server; the others wait for its answer. */
function renewed(int $user, string $token): bool
{
    global $wpdb;
    $lock = substr(wp_hash("nuage-signin-$user"), 0, 32);
    $wpdb->get_var($wpdb->prepare('SELECT GET_LOCK(%s, %d)', $lock, Issuer\PATIENCE + 1));
    try {
        wp_cache_delete($user, 'user_meta');
        $manager = \WP_Session_Tokens::get_instance($user);
        $session = $manager->get($token);
        if ($session === null || ended($user, $session['nuage'])) {
            return false;
        }
        if (time() < max($session['nuage']['until'], $session['nuage']['retry'])) {
            return time() < $session['nuage']['until'] || outage($session['nuage']);
        }
        return ask($user, $manager, $token, $session);
    } finally {
        $wpdb->get_var($wpdb->prepare('SELECT RELEASE_LOCK(%s)', $lock));
    }
}

function ask(int $user, \WP_Session_Tokens $manager, string $token, array $session): bool
{
    $bond = $session['nuage'];
    $tokens = Issuer\refresh($bond['refresh']);
    if ($tokens === false) {
        return drop($manager, $token);
    }
    if ($tokens === null) {
        $session['nuage']['retry'] = time() + RETRY_S;
        $manager->update($token, $session);
        return outage($bond);
    }
    try {
        $claims = Issuer\identity($tokens['id_token'] ?? null, null);
    } catch (Token\Refused $refused) {
        error_log('nuage: session ended: ' . $refused->getMessage());
        return drop($manager, $token);
    }
    if ($claims['sub'] !== $bond['sub'] || !People\may_enter(true, $claims)) {
        return drop($manager, $token);
    }
    People\renew(get_user_by('id', $user), $claims);
    $session['nuage'] = bond($tokens + ['refresh_token' => $bond['refresh']], $claims, $bond['since']);
    $manager->update($token, $session);
    return !ended($user, $session['nuage']);
}

/** The identity server doesn't answer: soon nobody is signed in, but nobody's session is lost. */
function outage(array $bond): bool
{
    if (time() < $bond['until'] + GRACE_S) {
        return true;
    }
    if (is_admin() || wp_is_serving_rest_request() || ($_SERVER['REQUEST_METHOD'] ?? 'GET') === 'POST') {
        $why = __('The sign-in service does not answer. Nothing is lost: try again in a moment.', 'nuage');
        wp_die(esc_html($why), '', ['response' => 503]);
    }
    return false;
}

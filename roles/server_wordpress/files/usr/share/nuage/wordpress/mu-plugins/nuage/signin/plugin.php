<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// The plugin openid-connect-generic, always on and always set up the same way: loaded from here, it isn't in the list
// where it could be turned off, and what the database holds of its settings isn't read.

declare(strict_types=1);

namespace Nuage\SignIn\Plugin {
    use Nuage\SignIn\Issuer;
    use Nuage\SignIn\Start;
    use Nuage\SignIn\Token;

    defined('ABSPATH') || exit;

    const PROGRAM = '/usr/share/nuage/wordpress/plugins/openid-connect-generic/openid-connect-generic.php';

    function settings(): array
    {
        return [
            'login_type' => 'button',
            'client_id' => OIDC_CLIENT_ID,
            'client_secret' => OIDC_CLIENT_SECRET,
            'scope' => 'openid profile email',
            'endpoint_login' => Issuer\address('auth'),
            'endpoint_token' => Issuer\address('token'),
            // The signed identity token says it all.
            'endpoint_userinfo' => '',
            // See signout.php.
            'endpoint_end_session' => '',
            'no_sslverify' => 0,
            'http_request_timeout' => Issuer\PATIENCE,
            'identity_key' => 'preferred_username',
            'nickname_key' => 'sub',
            'email_format' => '',
            'displayname_format' => '',
            'identify_with_username' => 0,
            'enforce_privacy' => 0,
            'alternate_redirect_uri' => 0,
            // Its own asks at every request, or never, and takes no role away; see sessions.php.
            'token_refresh_enable' => 0,
            // An address or a name that is the same proves nothing: `sub` does.
            'link_existing_users' => 0,
            'create_if_does_not_exist' => 1,
            'redirect_user_back' => 0,
            'redirect_on_logout' => 0,
            'enable_logging' => 0,
        ];
    }

    /** The plugin takes an identity token's word: here it is proven first. */
    function judged(mixed $answer): mixed
    {
        if (is_wp_error($answer)) {
            return $answer;
        }
        $token = is_array($answer) ? $answer['id_token'] ?? null : null;
        try {
            $claims = Issuer\identity($token, Start\derived('nonce', (string) ($GLOBALS['nuage_signin_state'] ?? '')));
        } catch (Token\Refused $refused) {
            error_log('nuage: sign-in refused: ' . $refused->getMessage());
            return new \WP_Error('nuage-token', 'refused');
        }
        $GLOBALS['nuage_signin_tokens'] = ['claims' => $claims] + $answer;
        return $answer;
    }

    add_filter('pre_option_openid_connect_generic_settings', __NAMESPACE__ . '\settings');
    // Nothing of it is to be upgraded in the database, nor scheduled.
    add_filter('pre_option_openid-connect-generic-plugin-version', static fn (): string => '999');
    add_filter('openid-connect-modify-token-response-before-validation', __NAMESPACE__ . '\judged');
    // Its copies of tokens stay out of the database; the session has what it needs.
    add_filter('update_user_metadata', static fn (mixed $check, int $user, string $key): mixed =>
        str_contains($key, 'openid-connect-generic-last-') ? true : $check, 10, 3);

    // Where a server lacks the plugin nobody signs in, and the site itself goes on.
    if (is_readable(PROGRAM)) {
        require_once PROGRAM;
    } else {
        error_log('nuage: ' . PROGRAM . " can't be read");
    }
}

// Found before its own by its autoloader: its form for settings, and its part of the sign-in page, don't exist here.
namespace {
    final class OpenID_Connect_Generic_Settings_Page
    {
        public static function register(): void
        {
        }
    }

    final class OpenID_Connect_Generic_Login_Form
    {
        public static function register(): void
        {
        }
    }
}

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// One sign-in with the municipality's account. Only where the spec asks for an identity service.

declare(strict_types=1);

namespace Nuage\SignIn;

defined('ABSPATH') || exit;

// Who may only be read signs nobody in; scheduled work and the reconciler have nobody to sign in.
if (!defined('NUAGE_SIGNIN_ISSUER') || NUAGE_READ_ONLY || PHP_SAPI === 'cli') {
    return;
}
foreach (['token', 'roles', 'issuer', 'people', 'local', 'start', 'sessions', 'plugin', 'backchannel', 'signout', 'page'] as $nuage_piece) {
    require __DIR__ . "/signin/$nuage_piece.php";
}
unset($nuage_piece);

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// A leaving municipality's site may only be read: its database user can't write either.

declare(strict_types=1);

namespace Nuage\ReadOnly;

defined('ABSPATH') || exit;

if (!defined('NUAGE_READ_ONLY') || !NUAGE_READ_ONLY) {
    return;
}
// A leaving municipality may have to be installed on another server first; its database user still may write then.
if (PHP_SAPI === 'cli' && wp_installing()) {
    return;
}

function notice(): string
{
    return esc_html__('This site may only be read: it is moving to another host. Nothing can be changed here.', 'nuage');
}

add_filter('authenticate', static fn (): \WP_Error => new \WP_Error('nuage_read_only', notice()), 1000);
// Somebody who signed in before is nobody from now on.
add_filter('determine_current_user', '__return_zero', PHP_INT_MAX);
add_action('init', static function (): void {
    if (!in_array($_SERVER['REQUEST_METHOD'] ?? 'GET', ['GET', 'HEAD'], true)) {
        wp_die(notice(), '', ['response' => 403]);
    }
}, 0);
// Housekeeping that WordPress does on reading would only fill the log with refusals.
add_filter('query', static fn (string $query): string =>
    preg_match('/^\s*\(?\s*(select|show|describe|explain|set)\b/i', $query) === 1 ? $query : '', PHP_INT_MAX);

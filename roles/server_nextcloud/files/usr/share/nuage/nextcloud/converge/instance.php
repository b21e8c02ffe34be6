<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Brings one Nextcloud to what the standard input describes, in one process: an `occ` for each setting would load
// Nextcloud dozens of times. Prints what differed, by name, never a value.

declare(strict_types=1);

namespace Nuage\Converge;

use OCP\Files\AppData\IAppDataFactory;
use OCP\IConfig;
use OCP\Server;
use OCP\Util;

require __DIR__ . '/boot.php';
require __DIR__ . '/settings.php';
require __DIR__ . '/apps.php';
require __DIR__ . '/people.php';
require __DIR__ . '/provider.php';

/**
 * @param array<string, mixed> $request
 * @return list<string>
 */
function converge(array $request): array
{
    $check = (bool) $request['check'];
    \OC_App::loadApps();
    $changed = apps($request['enabled'] ?? [], $request['disabled'] ?? [], $check);
    $changed = [...$changed, ...settings_of_apps($request['apps'] ?? [], $check)];
    $changed = [...$changed, ...groups($request['groups'] ?? [], $check)];
    if (isset($request['admin'])) {
        $changed = [...$changed, ...administrator($request['admin'], $check)];
    }
    $changed = [...$changed, ...provider($request['provider'] ?? null, $check)];
    if ($request['new'] ?? false) {
        // The first page would make it; scheduled work that comes before fails without it.
        Server::get(IAppDataFactory::class)->get('theming')->newFolder('global');
    }
    return $changed;
}

answer(static function (): array {
    $request = request();
    $changed = settings_of_system($request['system'] ?? [], (bool) $request['check']);
    // Another process goes on after these: this one loaded what was there before.
    $next = match (true) {
        $changed !== [] && !$request['check'] => 'again',
        Util::needUpgrade() => 'upgrade',
        default => '',
    };
    if ($next === '') {
        $changed = [...$changed, ...converge($request)];
    }
    $version = Server::get(IConfig::class)->getSystemValueString('version');
    return ['changed' => $changed, 'next' => $next, 'version' => $version];
});

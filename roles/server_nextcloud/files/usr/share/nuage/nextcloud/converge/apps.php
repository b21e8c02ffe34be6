<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Which apps are on. Their code lies in trees that root owns: nothing is downloaded, nothing is written there.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\Installer;
use OCP\App\IAppManager;
use OCP\Server;

/**
 * @param list<string> $enabled
 * @param list<string> $disabled
 * @return list<string>
 */
function apps(array $enabled, array $disabled, bool $check): array
{
    $changed = [];
    $manager = Server::get(IAppManager::class);
    $present = array_flip($manager->getEnabledApps());
    foreach ($disabled as $app) {
        if (isset($present[$app])) {
            $changed[] = "disable $app";
            if (!$check) {
                $manager->disableApp($app);
            }
        }
    }
    foreach ($enabled as $app) {
        if (!isset($present[$app])) {
            $changed[] = "enable $app";
            if (!$check) {
                Server::get(Installer::class)->installApp($app);
                $manager->enableApp($app);
            }
        }
    }
    return $changed;
}

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Groups, and the municipality's own local administrator: disabled, because people sign in at the identity server and
// break-glass makes an account of its own.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\User\Database;
use OCP\IGroupManager;
use OCP\IUserManager;
use OCP\Server;

/**
 * The title is given once: whoever signs in brings the realm's groups along, and Nextcloud calls them by their names.
 *
 * @param array<string, string> $wanted names of groups and what people read
 * @return list<string>
 */
function groups(array $wanted, bool $check): array
{
    $changed = [];
    $manager = Server::get(IGroupManager::class);
    foreach ($wanted as $name => $title) {
        if ($manager->groupExists((string) $name)) {
            continue;
        }
        $changed[] = "group $name";
        if (!$check) {
            $manager->createGroup((string) $name)?->setDisplayName($title);
        }
    }
    return $changed;
}

/**
 * @param array{user: string, password: string} $wanted
 * @return list<string>
 */
function administrator(array $wanted, bool $check): array
{
    $changed = [];
    $users = Server::get(IUserManager::class);
    $user = $users->get($wanted['user']);
    if ($user === null) {
        $changed[] = 'local administrator';
        if ($check) {
            return $changed;
        }
        // Past the events of a new person, which draw a picture and send a greeting.
        foreach ($users->getBackends() as $backend) {
            if ($backend instanceof Database) {
                $backend->createUser($wanted['user'], $wanted['password']);
            }
        }
        $user = $users->get($wanted['user']) ?? fail('the local administrator was refused');
    }
    $admins = Server::get(IGroupManager::class)->get('admin');
    if ($admins !== null && !$admins->inGroup($user)) {
        $changed[] = 'local administrator in group admin';
        if (!$check) {
            $admins->addUser($user);
        }
    }
    if ($user->isEnabled()) {
        $changed[] = 'local administrator disabled';
        if (!$check) {
            $user->setEnabled(false);
        }
    }
    return $changed;
}

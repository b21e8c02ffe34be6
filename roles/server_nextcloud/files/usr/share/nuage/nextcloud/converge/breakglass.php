<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Makes or removes one local administrator, who signs in at /login?direct=1; see /usr/local/lib/nuage/breakglass.py.
// The request is a credential of the unit: {"do": "make"|"remove", "account": "...", "password": "..."}.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\Authentication\Token\IProvider;
use OC\User\Database;
use OCP\IGroupManager;
use OCP\IUserManager;
use OCP\Server;

require __DIR__ . '/boot.php';

function make(string $account, #[\SensitiveParameter] string $password): void
{
    $users = Server::get(IUserManager::class);
    // Nobody's former account becomes an administrator.
    if ($users->userExists($account)) {
        fail('there is such an account already');
    }
    // Past the events of a new person, which draw a picture and send a greeting.
    foreach ($users->getBackends() as $backend) {
        if ($backend instanceof Database) {
            $backend->createUser($account, $password);
        }
    }
    $user = $users->get($account) ?? fail('the account was refused');
    $user->setDisplayName('Secours');
    Server::get(IGroupManager::class)->get('admin')?->addUser($user);
}

function remove(string $account): void
{
    $user = Server::get(IUserManager::class)->get($account);
    if ($user === null) {
        return;
    }
    if (!$user->getBackend() instanceof Database) {
        fail('this is no local account');
    }
    // Sessions first: they would outlive the account by a request.
    Server::get(IProvider::class)->invalidateTokensOfUser($account, null);
    $user->delete();
}

answer(static function (): array {
    $text = file_get_contents(getenv('CREDENTIALS_DIRECTORY') . '/request');
    $request = json_decode((string) $text, true, 4, JSON_THROW_ON_ERROR);
    \OC_App::loadApps();
    match ($request['do']) {
        'make' => make($request['account'], $request['password']),
        'remove' => remove($request['account']),
    };
    return [];
});

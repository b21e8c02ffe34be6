<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// An account that a check carries a file there and back with, and its end:
// {"do": "make"|"remove", "account": "essai-...", "token": "..."} by standard input.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\Authentication\Token\IProvider;
use OC\User\Database;
use OCP\Authentication\Token\IToken;
use OCP\IUserManager;
use OCP\Server;

require __DIR__ . '/boot.php';

function make(string $account, #[\SensitiveParameter] string $token): void
{
    $users = Server::get(IUserManager::class);
    if ($users->userExists($account)) {
        fail('there is such an account already');
    }
    $password = bin2hex(random_bytes(24));
    // Past the events of a new person, which draw a picture and send a greeting.
    foreach ($users->getBackends() as $backend) {
        if ($backend instanceof Database) {
            $backend->createUser($account, $password);
        }
    }
    $users->get($account) ?? fail('the account was refused');
    $tokens = Server::get(IProvider::class);
    $tokens->generateToken($token, $account, $account, $password, 'essai', IToken::PERMANENT_TOKEN);
}

function remove(string $account): void
{
    if (preg_match('/^essai-[0-9a-f]{12}$/', $account) !== 1) {
        fail('this is no account of a check');
    }
    Server::get(IProvider::class)->invalidateTokensOfUser($account, null);
    Server::get(IUserManager::class)->get($account)?->delete();
}

answer(static function (): array {
    $request = request();
    \OC_App::loadApps();
    match ($request['do']) {
        'make' => make($request['account'], $request['token']),
        'remove' => remove($request['account']),
    };
    return [];
});

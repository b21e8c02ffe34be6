<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// What `occ setupchecks` finds, without its exit code, which is an error for mere hints too. All of it, or `only` what
// the request names, or all `except` that.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\AppFramework\Bootstrap\Coordinator;
use OCP\RichObjectStrings\IRichTextFormatter;
use OCP\Server;
use OCP\SetupCheck\ISetupCheck;
use OCP\SetupCheck\SetupResult;

require __DIR__ . '/boot.php';

/** A check that breaks is a finding too, as in Nextcloud's own run of all. */
function checked(ISetupCheck $check): SetupResult
{
    try {
        return $check->run();
    } catch (\Throwable $error) {
        return SetupResult::error('the check itself failed: ' . $error::class . ': ' . $error->getMessage());
    }
}

function told(SetupResult $result): string
{
    $text = $result->getDescription() ?? '';
    $parameters = $result->getDescriptionParameters();
    return $parameters === null ? $text : Server::get(IRichTextFormatter::class)->richToParsed($text, $parameters);
}

answer(static function (): array {
    $request = request();
    \OC_App::loadApps();
    $found = [];
    foreach (Server::get(Coordinator::class)->getRegistrationContext()->getSetupChecks() as $registered) {
        $name = $registered->getService();
        $is_asked = isset($request['only'])
            ? in_array($name, $request['only'], true)
            : !in_array($name, $request['except'] ?? [], true);
        if ($is_asked) {
            $result = checked(Server::get($name));
            $found[$name] = ['severity' => $result->getSeverity(), 'description' => told($result)];
        }
    }
    return $found;
});

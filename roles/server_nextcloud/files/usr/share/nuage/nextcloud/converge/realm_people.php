<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Asks the realm now who may still come in, as scheduled work does each time. Prints how many are kept out and let in.

declare(strict_types=1);

namespace Nuage\Converge;

use OCA\Nuage\People;
use OCP\Server;

require __DIR__ . '/boot.php';

answer(static function (): array {
    \OC_App::loadApps();
    return Server::get(People::class)->bring();
});

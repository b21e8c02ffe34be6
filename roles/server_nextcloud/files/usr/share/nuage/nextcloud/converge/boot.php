<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Loading a municipality's Nextcloud, and answering: nothing but the answer is printed.

declare(strict_types=1);

namespace Nuage\Converge;

use OCP\IConfig;
use OCP\Server;

function fail(string $why): never
{
    fwrite(STDERR, "$why\n");
    exit(1);
}

/** Nextcloud of the tree and the configuration that the environment names, as its own cron.php loads it. */
function boot(): void
{
    $tree = getenv('NUAGE_TREE');
    if (PHP_SAPI !== 'cli' || !is_string($tree) || !is_file("$tree/lib/base.php")) {
        fail('NUAGE_TREE names no Nextcloud');
    }
    // What Nextcloud prints while it loads is no part of the answer.
    ob_start();
    require_once "$tree/lib/base.php";
    if (!Server::get(IConfig::class)->getSystemValueBool('installed', false)) {
        fail('this Nextcloud is not installed');
    }
}

/** @param callable(): array<string, mixed> $work */
function answer(callable $work): void
{
    boot();
    try {
        $answer = $work();
    } catch (\Throwable $error) {
        $place = basename($error->getFile()) . ':' . $error->getLine();
        fail($error::class . ': ' . $error->getMessage() . " ($place)");
    }
    while (ob_get_level() > 0) {
        ob_end_clean();
    }
    echo json_encode($answer, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

/** @return array<string, mixed> */
function request(): array
{
    return json_decode((string) stream_get_contents(STDIN), true, 32, JSON_THROW_ON_ERROR);
}

<?php
/**
 * Brings one municipality's website to what its spec says, in one process.
 *
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Run as the municipality's Unix user. Standard input: one JSON object
 *   {"code", "domain", "title", "designation", "language": "fr"|"en", "timezone",
 *    "admin": {"user", "name", "email", "password"},
 *    "contacts": {"telephone", "email", "privacy_name", "privacy_email"}, "check": false}
 * Standard output: one JSON object {"changed": [...], "created": bool, "version": "6.8.x", "check": bool}.
 * On failure: one JSON object {"error": "...", "detail": "..."} on standard error, and exit code 1 (3 for bad input).
 */

declare(strict_types=1);

namespace Nuage\Install;

const TREE = '/usr/share/wordpress';

require __DIR__ . '/request.php';
require __DIR__ . '/boot.php';
require __DIR__ . '/settings.php';
require __DIR__ . '/pages.php';

function fail(string $error, string $detail, int $code = 1): never
{
    fwrite(STDERR, json_encode(['error' => $error, 'detail' => trim(strip_tags($detail))], JSON_UNESCAPED_UNICODE
        | JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    exit($code);
}

if (PHP_SAPI !== 'cli') {
    exit;
}
// Only the answer is for standard output, whatever WordPress or a plugin prints.
ob_start();
$nuage_request = Request::read(stream_get_contents(STDIN, 1 << 20));
$nuage_created = !installed($nuage_request);
if ($nuage_created && $nuage_request->check) {
    $nuage_answer = ['changed' => ['site'], 'created' => true, 'version' => tree_version(), 'check' => true];
} else {
    foreach (before_loading($nuage_request, $nuage_created) as $nuage_global => $nuage_value) {
        $GLOBALS[$nuage_global] = $nuage_value;
    }
    // WordPress sets global variables: it has to be loaded from here.
    require TREE . '/wp-load.php';
    $nuage_answer = [
        'changed' => reconcile($nuage_request, $nuage_created),
        'created' => $nuage_created,
        'version' => (string) wp_get_wp_version(),
        'check' => $nuage_request->check,
    ];
}
ob_end_clean();
echo json_encode($nuage_answer, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), "\n";

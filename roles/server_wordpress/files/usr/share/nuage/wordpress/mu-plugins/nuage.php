<?php
/**
 * Plugin Name: nuage-commun
 * Description: Keeps the site private, quiet and in its municipality's language. Managed by the consortium.
 * Author: nuage-commun
 * License: AGPL-3.0-or-later
 *
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */

declare(strict_types=1);

defined('ABSPATH') || exit;

foreach (['site', 'language', 'outside', 'guard', 'quiet', 'login', 'mail', 'readonly', 'signin'] as $nuage_part) {
    require __DIR__ . "/nuage/$nuage_part.php";
}
unset($nuage_part);

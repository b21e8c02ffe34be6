<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage\Storage;

use OC\Files\Storage\Wrapper\Wrapper;
use OCA\Nuage\Space;

/** Answers how much room is left, so that Nextcloud refuses what would not fit before it takes it. */
final class Bounded extends Wrapper
{
    private ?Space $space;

    public function __construct(array $parameters)
    {
        parent::__construct($parameters);
        $this->space = $parameters['space'];
    }

    public function free_space(string $path): int|float|false
    {
        $free = $this->getWrapperStorage()->free_space($path);
        if ($this->space === null) {
            return $free;
        }
        return is_numeric($free) && $free >= 0 ? min($free, $this->space->free()) : $this->space->free();
    }
}

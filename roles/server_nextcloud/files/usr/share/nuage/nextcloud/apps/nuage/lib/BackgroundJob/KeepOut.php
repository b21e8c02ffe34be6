<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage\BackgroundJob;

use OCA\Nuage\People;
use OCP\AppFramework\Utility\ITimeFactory;
use OCP\BackgroundJob\IJob;
use OCP\BackgroundJob\TimedJob;

/** Each time that scheduled work runs; how often that is bounds how long a password for programs outlives its person. */
final class KeepOut extends TimedJob
{
    public function __construct(ITimeFactory $time, private readonly People $people)
    {
        parent::__construct($time);
        $this->setInterval(1);
        $this->setTimeSensitivity(IJob::TIME_SENSITIVE);
    }

    protected function run($argument): void
    {
        $this->people->bring();
    }
}

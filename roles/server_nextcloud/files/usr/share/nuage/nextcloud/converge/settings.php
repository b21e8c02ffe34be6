<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Settings: of the system (config.php) and of apps (the database). Null means that there must be none.

declare(strict_types=1);

namespace Nuage\Converge;

use OC\AppConfig;
use OC\SystemConfig;
use OCP\Exceptions\AppConfigTypeConflictException;
use OCP\Exceptions\AppConfigUnknownKeyException;
use OCP\IAppConfig;
use OCP\IConfig;
use OCP\Server;

/**
 * @param array<string, mixed> $wanted
 * @return list<string>
 */
function settings_of_system(array $wanted, bool $check): array
{
    $found = Server::get(SystemConfig::class);
    $present = array_flip($found->getKeys());
    $differing = [];
    foreach ($wanted as $name => $value) {
        $is_there = isset($present[$name]);
        if ($value === null ? $is_there : !$is_there || $found->getValue($name) !== $value) {
            $differing[$name] = $value;
        }
    }
    if ($differing !== [] && !$check) {
        Server::get(IConfig::class)->setSystemValues($differing);
    }
    return array_map(static fn (string|int $name): string => "system $name", array_keys($differing));
}

const TRUE_WORDS = ['1', 'true', 'yes', 'on'];

/**
 * @param array<string, array<string, array{value: ?string, lazy?: bool}>> $wanted
 * @return list<string>
 */
function settings_of_apps(array $wanted, bool $check): array
{
    $changed = [];
    $config = Server::get(AppConfig::class);
    foreach ($wanted as $app => $settings) {
        $found = $config->getAllValues($app);
        foreach ($settings as $name => $setting) {
            $name = (string) $name;
            $value = $setting['value'];
            if (is_same_setting($found[$name] ?? null, $value)) {
                continue;
            }
            $changed[] = "app $app $name";
            if ($check) {
                continue;
            }
            if ($value === null) {
                $config->deleteKey($app, $name);
            } else {
                store($config, $app, $name, $value, $setting['lazy'] ?? null);
            }
        }
    }
    return $changed;
}

/** Nextcloud keeps a setting as text or in a type of its own, as it pleases. */
function is_same_setting(mixed $found, ?string $wanted): bool
{
    return match (true) {
        $found === null, $wanted === null => $found === $wanted,
        is_bool($found) => $found === in_array(strtolower($wanted), TRUE_WORDS, true),
        is_array($found) => $found === json_decode($wanted, true),
        default => (string) $found === $wanted,
    };
}

/** In the type that Nextcloud declares for it, or that it has. */
function store(AppConfig $config, string $app, string $name, string $value, ?bool $lazy): void
{
    $there = $config->hasKey($app, $name, null);
    $lazy ??= $there && $config->isLazy($app, $name);
    try {
        $type = $config->getValueType($app, $name, null);
    } catch (AppConfigUnknownKeyException) {
        // As `occ config:import` does: a type of ours could be another one than Nextcloud asks for.
        $type = IAppConfig::VALUE_MIXED;
    }
    $put = static fn () => match ($type) {
        IAppConfig::VALUE_BOOL => $config->setValueBool($app, $name, in_array(strtolower($value), TRUE_WORDS, true), $lazy),
        IAppConfig::VALUE_INT => $config->setValueInt($app, $name, (int) $value, $lazy),
        IAppConfig::VALUE_FLOAT => $config->setValueFloat($app, $name, (float) $value, $lazy),
        IAppConfig::VALUE_ARRAY => $config->setValueArray($app, $name, json_decode($value, true, 8, JSON_THROW_ON_ERROR), $lazy),
        IAppConfig::VALUE_STRING => $config->setValueString($app, $name, $value, $lazy),
        default => $config->setValueMixed($app, $name, $value, $lazy),
    };
    try {
        $put();
    } catch (AppConfigTypeConflictException) {
        // Kept in another type than is declared now.
        $config->deleteKey($app, $name);
        $put();
    }
}

<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// The municipality's realm, as the app user_oidc keeps it. What `occ user_oidc:provider` does, and a comparison first.

declare(strict_types=1);

namespace Nuage\Converge;

use OCA\UserOIDC\Db\Provider;
use OCA\UserOIDC\Db\ProviderMapper;
use OCA\UserOIDC\Service\ProviderService;
use OCP\Security\ICrypto;
use OCP\Server;

/**
 * @param ?array{identifier: string, client: string, secret: string, discovery: string, scope: string, settings: array<string, string>} $wanted
 * @return list<string>
 */
function provider(?array $wanted, bool $check): array
{
    if (!class_exists(ProviderMapper::class)) {
        return [];
    }
    $mapper = Server::get(ProviderMapper::class);
    $changed = [];
    $kept = null;
    foreach ($mapper->getProviders() as $found) {
        if ($wanted !== null && $found->getIdentifier() === $wanted['identifier']) {
            $kept = $found;
            continue;
        }
        // A second one would bring people in from elsewhere.
        $changed[] = 'another identity provider removed';
        if (!$check) {
            Server::get(ProviderService::class)->deleteSettings($found->getId());
            $mapper->delete($found);
        }
    }
    if ($wanted === null) {
        return $changed;
    }
    $differing = $kept === null || !is_same($kept, $wanted);
    if ($differing) {
        $changed[] = 'identity provider';
        if (!$check) {
            $secret = Server::get(ICrypto::class)->encrypt($wanted['secret']);
            $kept = $mapper->createOrUpdateProvider(
                $wanted['identifier'],
                $wanted['client'],
                $secret,
                $wanted['discovery'],
                $wanted['scope'],
            );
            forget_keys($kept->getId());
        }
    }
    return [...$changed, ...($kept === null ? [] : settings_of_provider($kept->getId(), $wanted['settings'], $check))];
}

function is_same(Provider $found, array $wanted): bool
{
    try {
        $secret = Server::get(ICrypto::class)->decrypt($found->getClientSecret());
    } catch (\Exception) {
        return false;
    }
    return hash_equals($wanted['secret'], $secret)
        && $found->getClientId() === $wanted['client']
        && $found->getDiscoveryEndpoint() === $wanted['discovery']
        && $found->getScope() === $wanted['scope'];
}

/** Signing keys of another address would be trusted until they are old. */
function forget_keys(int $id): void
{
    $service = Server::get(ProviderService::class);
    $service->setSetting($id, ProviderService::SETTING_JWKS_CACHE, '');
    $service->setSetting($id, ProviderService::SETTING_JWKS_CACHE_TIMESTAMP, '');
}

/** @return list<string> */
function settings_of_provider(int $id, array $wanted, bool $check): array
{
    $changed = [];
    $service = Server::get(ProviderService::class);
    foreach ($wanted as $name => $value) {
        if ($service->getSetting($id, $name, "\0none") === $value) {
            continue;
        }
        $changed[] = "identity provider $name";
        if (!$check) {
            $service->setSetting($id, $name, $value);
        }
    }
    return $changed;
}

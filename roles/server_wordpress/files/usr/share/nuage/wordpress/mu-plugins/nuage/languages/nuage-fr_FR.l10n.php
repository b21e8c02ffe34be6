<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
return [
    'domain' => 'nuage',
    'language' => 'fr_FR',
    'plural-forms' => 'nplurals=2; plural=(n > 1);',
    'messages' => [
        'Municipality' => 'Municipalité',
        'Telephone' => 'Téléphone',
        'Email' => 'Courriel',
        'Person in charge' => 'Personne responsable',
        'Sign in to use this.' => 'Ouvrez une session pour y accéder.',
        'Requests to other servers are off on this site.' => 'Ce site n’envoie aucune demande à d’autres serveurs.',
        'The user name or the password is not right.' => 'Le nom d’utilisateur ou le mot de passe est inexact.',
        'This site may only be read: it is moving to another host. Nothing can be changed here.' => 'Ce site est en lecture seule : il change d’hébergement. Rien ne peut y être modifié.',
        'Your site' => 'Votre site',
        'Publish a public notice' => 'Publier un avis public',
        'Edit the page: %s' => 'Modifier la page : %s',
    ],
];

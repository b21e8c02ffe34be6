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
        'Sign in with your municipality’s account.' => 'Ouvrez une session avec votre compte de la municipalité.',
        'Sign in with the municipality’s account' => 'Se connecter avec le compte de la municipalité',
        'You are signed out.' => 'Votre session est fermée.',
        'Your account gives no access to this site. Your municipality’s administrator can give it.' => 'Votre compte ne donne pas accès à ce site. L’administrateur de votre municipalité peut vous l’accorder.',
        'The sign-in did not succeed. Try again.' => 'La connexion n’a pas abouti. Réessayez.',
        'Use another account' => 'Utiliser un autre compte',
        'The sign-in service does not answer. Nothing is lost: try again in a moment.' => 'Le service de connexion ne répond pas. Rien n’est perdu : réessayez dans un instant.',
    ],
];

"""What a deployment does, as commands derived from the table of functions; ``deploy.sh`` runs them."""

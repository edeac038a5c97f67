"""The deployment plan: the commands of each step and what ``deploy.sh`` does with them."""

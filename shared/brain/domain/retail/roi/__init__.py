"""What a shop's decisions earned: actual sales compared with a forecast without the decision, with intervals."""

"""The curiosity engine: asks every night what moves sales, and believes an answer only on days that came later."""

"""How requests are decided: the policy document, its versions, and who may say yes."""

"""The pages of this app, one file a subject; `webapp.conversations.urls` lists them."""

"""The desk as a program among others: its window, its start at login, its words where there is no terminal."""

"""What an audit takes down of live servers and sites, and the specs that it is judged against."""

"""May this passage happen? One pure function answers the door, the phone and the simulator alike."""

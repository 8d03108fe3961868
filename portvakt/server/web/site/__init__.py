"""What does the public see without an account: the notice, contact, complaint?"""
